"""No planted secret leaves by any exit, and nothing harmless is taken out (defects D6, D2 and D3)."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.planted import HARMLESS, KINDS, TOKENS, Planted, secrets
from tests.reports.make_cases import CASES
from tests.test_cli import RUN
from tritondoctor.privacy import environment as variables
from tritondoctor.privacy.names import sounds_secret
from tritondoctor.privacy.rules import RULES, SecretRule
from tritondoctor.privacy.scrub import changes, scrub, without_secrets
from tritondoctor.reports.formats import FORMATS

COUNT = 1_000
LOOK_ALIKES = 5_000


def _all() -> list[Planted]:
    return secrets(random.Random(15), COUNT)


def _tokens() -> list[Planted]:
    """Those that can be part of a path: base64 has slashes of its own."""
    kinds = {kind: make for kind, make in TOKENS.items() if kind != "base64"}
    return secrets(random.Random(16), COUNT, kinds)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_each_rule_finds_its_examples_and_no_look_alike(rule: SecretRule) -> None:
    assert rule.examples and rule.harmless
    for example in rule.examples:
        assert rule.family in without_secrets(example)[1] or scrub(example) != example, example
        assert any(trigger in example.lower() for trigger in rule.triggers), "no text would be searched"
    for text in rule.harmless:
        assert scrub(text) == text


def test_paths_searched_as_one_hide_what_each_hides() -> None:
    """Of many paths each folder is searched once, and patterns that go on behind a slash in the whole."""
    examples = [example for rule in RULES for example in (*rule.examples, *rule.harmless)]
    planted = [*(secret.text for secret in _tokens()), *HARMLESS]
    parts = [*examples, *planted, *(example.strip("/ ") for example in examples)]
    around = ("/opt/{}/lib/x.so", "/srv/a.b{}", "/x/example.org/{}/ch", "/d/{}", "{}")
    paths = [form.format(part) for part in parts for form in around]
    random.Random(3).shuffle(paths)
    for first in range(0, len(paths), 7):
        texts = [f"{path}/n{first}" for path in paths[first : first + 7]]
        each = {text: without_secrets(text) for text in texts}
        assert changes(texts) == {text: result for text, result in each.items() if result[1]}


def test_there_are_enough_kinds() -> None:
    assert len(KINDS) >= 80 and len({rule.kind for rule in RULES}) >= 80


def test_a_thousand_secrets_and_what_stands_around_them() -> None:
    around = ("{}", "Error: {}", "ImportError: cannot open {} there", "  {}", "see ({})", '["{}"]')
    draw = random.Random(1)
    for planted in _all():
        text = draw.choice(around).format(planted.text)
        assert planted.secret not in scrub(text), text


@pytest.mark.parametrize("seed", range(LOOK_ALIKES // 1000))
def test_five_thousand_look_alikes_stay(seed: int) -> None:
    draw = random.Random(seed)
    makers = list(HARMLESS.values())
    for number in range(1000):
        text = makers[number % len(makers)](draw)
        assert scrub(text) == text


def test_many_texts_at_once_are_searched_like_each() -> None:
    texts = [planted.text for planted in _all()] + [make(random.Random(3)) for make in HARMLESS.values()]
    assert changes(texts) == {text: without_secrets(text) for text in texts if without_secrets(text)[1]}


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "password=" * 20_000, "://" + "x:" * 50_000, "-" * 100_000 + "token ", "eyJ" + "a." * 50_000,
     "A1b/" * 50_000, "<" * 100_000 + "password", '"' * 100_000, "name=" + "\\" * 100_000, "a:b@" * 30_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_hostile_text_does_not_keep_it_busy(text: str) -> None:
    code = "import sys; from tritondoctor.privacy.scrub import scrub; scrub(sys.stdin.read())"
    subprocess.run([sys.executable, "-c", code], input=text, text=True, check=True, timeout=20)


def test_a_name_that_sounds_like_a_secret_is_never_shown() -> None:
    names = ["LD_SDK_KEY", "CUDA_REGISTRY_PASSWORD", "PYTHON_API_TOKEN", "PYTHON_DSN", "LD_FOO", "CUDA_X", "MY_PAT",
             "PYTRITON_TRITON_CONFIG_HTTP_RESTRICTED_API", "PYTRITON_TRITON_CONFIG_GRPC_SERVER_KEY"]  # fmt: skip
    shown, hidden = variables.variables(dict.fromkeys([*names, "LD_LIBRARY_PATH"], "/x"))
    assert list(shown) == ["LD_LIBRARY_PATH"] and set(names) == set(hidden)
    assert not [name for name in variables.SHOWN if sounds_secret(name)]


@pytest.mark.parametrize(
    "value", ["bob:Pw1@proxy:3128", "http://bob:Pw1@proxy", "http://bob:a/Pw1@p:1", "bob:a@Pw1@p"]
)
def test_a_proxy_is_shown_without_its_password(value: str) -> None:
    shown, _ = variables.variables({"http_proxy": value})
    assert "Pw1" not in shown["http_proxy"] and "***@p" in shown["http_proxy"]


class Scene:
    """A home, a state folder and files in which everything that may hold a secret holds it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.texts = [planted.text for planted in _all()]
        self.tokens = [planted.secret for planted in _tokens()]
        self.secrets = {planted.secret for planted in [*_all(), *_tokens()]}
        self.variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LD_LIBRARY_PATH": ":".join(f"/opt/{token}/lib" for token in self.tokens),
            "PYTHONPATH": ":".join(f"/srv/{token}" for token in self.tokens[:200]),
            "BASH_ENV": str(folder / "env.sh"),
            "PYTHON_API_TOKEN": self.tokens[0],
            "LD_SDK_KEY": self.tokens[1],
            "https_proxy": f"bob:{self.tokens[2]}@proxy:3128",
            "CUDA_CACHE_PATH": f"/tmp/{self.tokens[3]}",
            **{f"OTHER_{number}": text for number, text in enumerate(self.texts)},
        }
        self._files()

    def _files(self) -> None:
        home = self.folder
        lines = [f"export LD_LIBRARY_PATH=/opt/x/lib:$CONDA_PREFIX/lib # {text}" for text in self.texts]
        lines += [f"export LD_LIBRARY_PATH=/opt/{token}/lib" for token in self.tokens]
        (home / ".bashrc").write_text("\n".join(lines) + "\n")
        (home / ".config" / "fish").mkdir(parents=True)
        (home / ".config" / "fish" / "config.fish").write_text(
            "".join(f"set -gx LD_PRELOAD /opt/x.so # {text}\n" for text in self.texts)
        )
        (home / "env.sh").write_text("".join(f"export PATH=/x:$PATH # {text}\n" for text in self.texts))
        (home / "log").write_text(
            "".join(f"Error: ModuleNotFoundError: No module named 'x' {number} {text}\n" for number, text in enumerate(self.texts))
        )  # fmt: skip
        broken = home / "broken" / "bin"
        broken.mkdir(parents=True)
        (home / "said").write_text("\n".join(self.texts) + "\n")
        (broken / "python").write_text(f"#!/bin/sh\ntail -n ${{LINES_SAID:-1}} {home}/said >&2\nexit 1\n")
        (broken / "python").chmod(0o755)
        record = {
            "id": "2026-01-01-1", "version": "0.1.0", "prefix": f"/x/{self.tokens[0]}", "python": "/x", "started": "2026",
            "state": "applied", "remedies": self.texts, "entries": [],
        }  # fmt: skip
        fix = home / ".local" / "state" / "tritondoctor" / "fixes" / "2026-01-01-1"
        fix.mkdir(parents=True)
        (fix / "record.json").write_text(json.dumps(record))
        case = json.loads((CASES / "two-causes.snapshot").read_text())
        case["facts"]["preload_missing"] = self.texts
        case["facts"]["interpreter"]["problem"] = self.texts[0]
        case["facts"]["variables"]["MY_TOKEN"] = self.tokens[5]
        (home / "snapshot").write_text(json.dumps(case))
        reasons = json.dumps(" ".join(self.texts[:300]))
        (home / "tritondoctor.toml").write_text(f"[ignore]\nlibpython-missing = {reasons}\n")
        shutil.copytree(CASES.parents[2] / "recipes" / "minimal-3.12", home / "recipe")
        self._lock(home / "recipe" / "conda-lock.yml")

    def _lock(self, path: Path) -> None:
        path.write_text(f"version: 2\nmetadata: {json.dumps(self.texts[0])}\n")

    def run(self, *words: str, **more: str) -> str:
        done = subprocess.run(
            [*RUN, *words], capture_output=True, text=True, check=False, env={**self.variables, **more},
            cwd=self.folder, timeout=240, errors="surrogateescape", stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stderr and "it failed itself" not in done.stderr, words
        return done.stdout + done.stderr

    def leaks(self, shown: str) -> list[str]:
        flat = "".join(shown.split())
        plain = shown.replace("\\", "")
        return [secret for secret in self.secrets if secret in shown or secret in plain or secret in flat]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"))


def _formatted(format: str) -> Callable[[Scene, str], tuple[str, ...]]:
    return lambda scene, prefix: ("check", "--prefix", prefix, "--format", format)


def _recorded(format: str) -> Callable[[Scene, str], tuple[str, ...]]:
    return lambda scene, prefix: ("check", "--from", "snapshot", "--format", format)


EXITS: dict[str, Callable[[Scene, str], tuple[str, ...]]] = {
    **{f"check {format}": _formatted(format) for format in FORMATS},
    **{f"check --from {format}": _recorded(format) for format in FORMATS},
    "check broken": lambda scene, prefix: ("check", "--python", "broken/bin/python"),
    "check broken json": lambda scene, prefix: ("check", "--python", "broken/bin/python", "--json"),
    "snapshot": lambda scene, prefix: ("snapshot", "-", "--prefix", prefix),
    "snapshot broken": lambda scene, prefix: ("snapshot", "-", "--python", "broken/bin/python"),
    "diff": lambda scene, prefix: ("diff", "snapshot", str(CASES / "two-causes.snapshot")),
    "diff json": lambda scene, prefix: ("diff", "snapshot", str(CASES / "two-causes.snapshot"), "--json"),
    "explain": lambda scene, prefix: ("explain", "log"),
    "explain json": lambda scene, prefix: ("explain", "log", "--json"),
    "explain unknown": lambda scene, prefix: ("explain", scene.texts[1]),
    "fix": lambda scene, prefix: ("fix", "--dry-run", "--python", "broken/bin/python"),
    "fix json": lambda scene, prefix: ("fix", "--dry-run", "--json", "--python", "broken/bin/python"),
    "undo list": lambda scene, prefix: ("undo", "--list"),
    "undo list json": lambda scene, prefix: ("undo", "--list", "--json"),
    "undo": lambda scene, prefix: ("undo",),
    "selftest": lambda scene, prefix: ("selftest", "--python", "broken/bin/python", "--timeout", "5"),
    "selftest json": lambda scene, prefix: ("selftest", "--json", "--python", "broken/bin/python", "--timeout", "5"),
    "libs": lambda scene, prefix: ("libs", "/usr/bin/env"),
    "libs json": lambda scene, prefix: ("libs", "/usr/bin/env", "--json"),
    "fleet": lambda scene, prefix: ("fleet", "report", "report.json"),
    "fleet json": lambda scene, prefix: ("fleet", "report", "report.json", "--format", "json"),
    "fleet html": lambda scene, prefix: ("fleet", "report", "report.json", "--format", "html"),
    "install lock": lambda scene, prefix: ("install", "./recipe", "--prefix", scene.tokens[7]),
    "install unknown": lambda scene, prefix: ("install", scene.texts[90]),
    "download": lambda scene, prefix: ("download", scene.texts[91], "there"),
    "lock": lambda scene, prefix: ("lock", scene.texts[92]),
    "init": lambda scene, prefix: ("init", f"/proc/{scene.tokens[8]}"),
    "advise": lambda scene, prefix: ("advise",),
    "advise json": lambda scene, prefix: ("advise", "--json"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EXITS))
def test_no_secret_leaves(name: str, scene: Scene, environment: str) -> None:
    if name.startswith("fleet"):
        shutil.copy(scene.folder / "snapshot", scene.folder / "report.json")
    shown = scene.run(*EXITS[name](scene, environment), LINES_SAID="1000" if "broken" in name else "3")
    assert shown and not scene.leaks(shown)


def test_no_secret_leaves_in_wrong_usage(scene: Scene) -> None:
    draw = random.Random(4)
    for planted in draw.sample(_all(), 12):
        for words in (("check", f"--nonsense={planted.text}"), ("check", "--gpu", planted.text), ("check", "--prefix", planted.text),
                      ("check", "--ignore", planted.text), (planted.text,)):  # fmt: skip
            assert planted.secret not in scene.run(*words)


def test_of_a_start_file_only_the_assignment_is_shown(tmp_path: Path, environment: str) -> None:
    (tmp_path / ".bashrc").write_text(
        "export LD_LIBRARY_PATH=/opt/x/lib # a word nobody may know\nLD_PRELOAD=/x.so; ssh -i hush host\n"
    )
    (tmp_path / ".config" / "fish").mkdir(parents=True)
    (tmp_path / ".config" / "fish" / "config.fish").write_text(
        "set -gx LD_PRELOAD /y.so ; hush one # hush\n"
    )
    done = subprocess.run(
        [*RUN, "check", "--json", "--show-paths", "--prefix", environment], capture_output=True, text=True, check=False,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    lines = [line["text"] for line in json.loads(done.stdout)["facts"]["shell"]]
    assert lines == ["export LD_LIBRARY_PATH=/opt/x/lib", "LD_PRELOAD=/x.so", "set -gx LD_PRELOAD /y.so"]


def test_no_variable_goes_into_the_address_of_a_lock(tmp_path: Path) -> None:
    from tritondoctor.installing import InstallError, packages

    lock = tmp_path / "conda-lock.yml"
    lock.write_text(
        "version: 1\npackage:\n- {name: x, version: '1', manager: conda, platform: linux-64, dependencies: {},\n"
        "   url: 'https://evil.example/${HOME}/x.conda', hash: {md5: a, sha256: b}}\n"
    )
    with pytest.raises(InstallError, match="contains a variable"):
        packages.of_lock(str(lock))
