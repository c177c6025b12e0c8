"""What a project says about findings is followed, and what cannot be followed is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.reports.make_cases import CASES
from tests.test_cli import run
from tritondoctor.checks import CATALOGUE, renamed
from tritondoctor.checks.requirements import Require, unmet
from tritondoctor.examination import policy, snapshot
from tritondoctor.examination.report import masked
from tritondoctor.facts.gpu.model import Card, Gpu, Nvml
from tritondoctor.facts.model import Facts
from tritondoctor.reports.formats import render


def check(folder: Path, case: str, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and report of a recorded environment, as seen from a project's folder."""
    done = run("check", "--json", "--from", str(CASES / f"{case}.snapshot"), *words, cwd=folder)
    return done.returncode, json.loads(done.stdout)


def _ids(findings: list[dict[str, Any]]) -> list[str]:
    return [finding["id"] for finding in findings]


@pytest.mark.parametrize(
    ("name", "head"), [("tritondoctor.toml", ""), ("pyproject.toml", "tool.tritondoctor.")]
)
def test_what_is_ignored_does_not_count_and_is_told(tmp_path: Path, name: str, head: str) -> None:
    (tmp_path / name).write_text(f'[{head}ignore]\nlibpython-wrong-build = "mended at start"\n')
    below = tmp_path / "src" / "package"
    below.mkdir(parents=True)
    code, report = check(below, "wrong-build")
    assert (code, report["verdict"], _ids(report["findings"])) == (0, "ok", ["no-gpu"])
    assert [(one["id"], one["reason"]) for one in report["ignored"]] == [
        ("libpython-wrong-build", "mended at start")
    ]


def test_the_nearest_file_counts_and_a_pyproject_of_others_does_not(tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text('[ignore]\nno-gpu = "far"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert _ids(check(inner, "healthy")[1]["ignored"]) == ["no-gpu"]
    (inner / "pyproject.toml").write_text('[tool.tritondoctor]\nselect = ["no-gpu"]\n')
    assert check(inner, "healthy")[1]["ignored"] == []


def test_old_ids_are_understood_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text('[ignore]\nfew-clients = "a small service"\n')
    snapshot = str(CASES / "healthy.snapshot")
    done = run("check", "--from", snapshot, "--ignore", "leftovers", "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert "few-clients is now called open-files-limit-low." in done.stderr
    assert "leftovers is now called orphaned-resources." in done.stderr
    done = run("explain", "proxy-takes-grpc", "--json")
    assert (done.returncode, json.loads(done.stdout)["id"]) == (0, "grpc-uses-proxy")
    assert "proxy-takes-grpc is now called grpc-uses-proxy." in done.stderr


def test_every_old_id_leads_to_a_finding() -> None:
    assert set(renamed.RENAMED.values()) <= set(CATALOGUE)
    assert not set(renamed.RENAMED) & set(CATALOGUE)


def test_options_come_on_top(tmp_path: Path) -> None:
    code, report = check(tmp_path, "two-causes", "--select", "libstdcxx-too-old", "--select", "no-gpu")
    assert (code, _ids(report["findings"])) == (1, ["libstdcxx-too-old", "no-gpu"])
    ignoring = ("--ignore", "libpython-missing", "--ignore", "libstdcxx-too-old")
    code, report = check(tmp_path, "two-causes", *ignoring)
    assert (code, report["verdict"]) == (0, "ok")
    assert {one["reason"] for one in report["ignored"]} == {"ignored by --ignore"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ignore", "libpython-wrong-build"), "No error that counts here; 1 error ignored"),
        (("--select", "no-gpu"), "None of the selected findings is an error"),
    ],
)
def test_what_was_left_aside_is_not_called_sound(words: tuple[str, ...], said: str) -> None:
    done = run("check", "--from", str(CASES / "wrong-build.snapshot"), *words)
    assert done.returncode == 0
    assert said in done.stdout and "will start and answer" not in done.stdout


def test_fail_on_warning_is_strict(tmp_path: Path) -> None:
    recorded = json.loads((CASES / "healthy.snapshot").read_text())
    recorded["facts"]["preload_missing"] = ["/no/x.so"]  # a warning
    (tmp_path / "s").write_text(json.dumps(recorded))
    words = ["check", "--from", str(tmp_path / "s")]
    (tmp_path / "tritondoctor.toml").write_text('fail-on = "warning"\n')
    codes = [
        run(*words, cwd="/").returncode,
        run(*words, "--fail-on", "warning", cwd="/").returncode,
        run(*words, cwd=tmp_path).returncode,
        run(*words, "--fail-on", "error", cwd=tmp_path).returncode,
        run(*words, "--strict", cwd="/").returncode,
    ]
    assert codes == [0, 1, 1, 0, 1]
    told = run(*words, "--strict", "--format", "junit", cwd="/").stdout
    assert "<failure message=" in told, "what makes it fail is red in the CI's list too"


@pytest.mark.parametrize(
    ("require", "unmet_ones"),
    [
        ({"python": ">=3.9"}, []),
        ({"python": ">=3.11"}, ["Python"]),
        ({"pytriton": ">=0.5,<0.8"}, []),
        ({"pytriton": "<0.7"}, ["PyTriton"]),
        ({"gpu": "required"}, []),
        ({"compute-capability": "8.0"}, ["a GPU"]),
        ({"gpu-memory": 16}, ["a GPU"]),
        ({"driver": ">=535"}, ["NVIDIA driver"]),
        ({"driver": ">=535", "gpu": "auto", "python": "==3.10.*"}, ["NVIDIA driver"]),
    ],
)
def test_requirements(require: dict[str, Any], unmet_ones: list[str], tmp_path: Path) -> None:
    facts = snapshot.read(str(CASES / "two-causes.snapshot")).facts
    found = list(unmet(facts, msgspec.convert(require, Require)))
    assert [str(one.title.fields["what"]) for one in found] == unmet_ones
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in require.items())
    (tmp_path / "tritondoctor.toml").write_text(f"[require]\n{lines}")
    code, report = check(tmp_path, "two-causes", "--select", "requirement-not-met")
    assert (code, len(report["findings"])) == (int(bool(unmet_ones)), len(unmet_ones))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fail-on = ", "not valid TOML"),
        ('fail-on = "never"', "never"),
        ('ignored = ["no-gpu"]', "ignored"),
        ('ignore = ["no-gpu"]', "object"),
        ('[ignore]\nno-gpu = " "', "give a reason"),
        ('[ignore]\nno-gpuu = "x"', "Did you mean no-gpu"),
        ('select = ["libpython-mising"]', "Did you mean libpython-missing"),
        ('[require]\npython = "new"', "new"),
        ('[require]\ncompute-capability = "new"', "new"),
        ('[require]\nmemory = "16 GB"', "memory"),
    ],
)
def test_what_cannot_be_followed_is_wrong_usage(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text(text)
    done = run("check", "--from", str(CASES / "healthy.snapshot"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and "tritondoctor.toml" in done.stderr


@pytest.mark.parametrize(("option", "value"), [("--select", "x"), ("--ignore", "x"), ("--fail-on", "x")])
def test_unknown_values_of_options(option: str, value: str) -> None:
    done = run("check", "--from", str(CASES / "healthy.snapshot"), option, value)
    assert (done.returncode, option in done.stderr) == (2, True)


def test_a_pyproject_that_cannot_be_read_is_of_no_concern(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("this is no TOML")
    assert policy.find(str(tmp_path)).policy.fail_on == "error"


def _with_cards(*cards: Card) -> Facts:
    facts = snapshot.read(str(CASES / "healthy.snapshot")).facts
    nvml = Nvml(code=0, driver="550.54.15", cards=cards)
    return msgspec.structs.replace(facts, gpu=Gpu(present=True, nvml=nvml))


@pytest.mark.parametrize(
    ("require", "met"),
    [
        ({"compute-capability": "9.0"}, True),
        ({"compute-capability": "10.0"}, False),
        ({"gpu-memory": 60}, True),
        ({"gpu-memory": 60, "compute-capability": "9.0"}, False),  # no one card has both
        ({"gpu-memory": 8, "compute-capability": "9"}, True),
        ({"driver": ">=535,<560"}, True),
        ({"driver": ">=560"}, False),
    ],
)
def test_requirements_of_a_card(require: dict[str, Any], met: bool) -> None:
    gib = 1 << 30
    facts = _with_cards(
        Card(0, "H100", capability="9.0", memory_total=80 * gib, memory_free=10 * gib),
        Card(1, "A100", capability="8.0", memory_total=80 * gib, memory_free=70 * gib),
    )
    found = list(unmet(facts, msgspec.convert(require, Require)))
    assert bool(found) != met
    if "compute-capability" in require and not met:
        assert "compute capability 9.0, 10.0 GiB free" in [str(line) for line in found[0].evidence]


def test_cards_stand_on_the_page() -> None:
    facts = _with_cards(
        Card(0, "NVIDIA <H100>", capability="9.0", memory_total=1 << 36, memory_free=1 << 35)
    )
    read = snapshot.read(str(CASES / "healthy.snapshot"))
    report = snapshot.report(msgspec.structs.replace(read, facts=facts), "it")
    page = render("html", masked(report, paths=False))
    assert "<td>&lt;H100&gt;</td><td>9.0</td><td>32.0 GiB of 64.0 GiB</td><td>550.54.15</td>" in page
    assert "<H100>" in render("console", masked(report, paths=False))


def test_a_snapshot_from_which_a_gpu_is_expected(tmp_path: Path) -> None:
    assert check(tmp_path, "healthy")[0] == 0
    code, report = check(tmp_path, "healthy", "--gpu", "required")
    assert (code, _ids(report["findings"])[0]) == (1, "no-gpu")
    (tmp_path / "tritondoctor.toml").write_text('[require]\ngpu = "required"\n')
    assert check(tmp_path, "healthy")[0] == 1
    assert check(tmp_path, "healthy", "--gpu", "auto")[0] == 0
