"""No control, bidirectional or invisible character of others reaches a terminal or a CI runner (D15, D17)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reports.make_cases import CASES
from tests.test_cli import RUN, run
from tritondoctor.examination import policy
from tritondoctor.privacy.printable import as_line, in_json, one_line, printable
from tritondoctor.reports.formats import FORMATS

EVIL = "\x1b]0;pwn\x07\x1b[31mx\x9b2J\x1b(0\u202eabc\u200b\u200e\u2066\ufeff\u00ad\U000e0041\u061c\u2028y\x7f"
#: what may not leave, in any text but for tab and line break
FORBIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")


def _bad(shown: str) -> set[str]:
    return {
        hex(ord(one)) for one in shown if unicodedata.category(one) in FORBIDDEN and one not in "\n\t"
    }


def _obeyed(shown: str) -> list[str]:
    lines = [line for line in shown.splitlines() if line.strip().startswith("::")]
    return lines + [line for line in shown.splitlines() if "##vso[" in line or "##[" in line]


def test_every_such_character_is_spelt_out() -> None:
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if unicodedata.category(letter) in FORBIDDEN and letter not in "\n\t":
            assert printable(letter).isascii() and printable(letter)[0] == "\\", hex(code)
            if not 0xD800 <= code < 0xE000 and code > 0x7E:
                text = json.dumps(letter, ensure_ascii=False)
                assert in_json(text).isascii() and json.loads(in_json(text)) == letter
    assert printable("über/日本語 ✓ ├── …") == "über/日本語 ✓ ├── …"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::pwned", "\\x3a:error::pwned"),
        ("a\n    ::add-mask::x", "a\n    \\x3a:add-mask::x"),
        ("::set-output name=a::b", "\\x3a:set-output name=a::b"),
        ("x ##vso[task.setvariable]y", "x \\x23#vso[task.setvariable]y"),
        ("##[error]x", "\\x23#[error]x"),
        ("::1 is in use", "::1 is in use"),
        ("[::]:8000", "[::]:8000"),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
        ("std::string::npos", "std::string::npos"),
        ("## heading", "## heading"),
    ],
)
def test_a_runner_is_given_no_commands(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_line_stays_one() -> None:
    assert as_line("a\nb\tc") == "a\\nb\\tc" and one_line("a\n b") == "a b"
    assert json.loads(in_json('"##[error]x"')) == "##[error]x" and "##" not in in_json('"##[error]x"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names, logs, records, a snapshot and an interpreter that hold such characters."""
    home = tmp_path_factory.mktemp("home")
    evil = home / EVIL.replace("/", "")
    (evil / "bin").mkdir(parents=True)
    python = evil / "bin" / "python"
    python.write_text(f"#!/bin/sh\nprintf '%s\\n' '::error::pwned' '{EVIL}' '##vso[x]' >&2\nexit 1\n")
    python.chmod(0o755)
    (home / "prefix").symlink_to(evil)
    (evil / "lib\nRemoved: 1 thing.").write_bytes(Path("/usr/bin/env").read_bytes())
    log = f"Error: ModuleNotFoundError: No module named 'x{EVIL}'\n::error::{EVIL}\nError: ::warning::x ##[error]{EVIL}\n"
    (home / "log").write_text(log)
    fix = home / ".local" / "state" / "tritondoctor" / "fixes" / "2026-01-01-1"
    fix.mkdir(parents=True)
    (fix / "record.json").write_text(json.dumps({
        "id": "2026-01-01-1", "version": EVIL, "prefix": f"/x/{EVIL}\n::error::a", "python": "/x", "started": EVIL,
        "state": "applied", "remedies": [f"{EVIL}\n::error::b"], "entries": [],
    }))  # fmt: skip
    case = json.loads((CASES / "two-causes.snapshot").read_text())
    case["facts"]["preload_missing"] = [EVIL, "::error::x", f"a\n::error::{EVIL}"]
    case["facts"]["host"]["distribution"] = EVIL
    (home / "snapshot").write_text(json.dumps(case))
    return home


def _recorded(format: str) -> Callable[[Path], tuple[str, ...]]:
    return lambda home: ("check", "--from", "snapshot", "--format", format)


EXITS: dict[str, Callable[[Path], tuple[str, ...]]] = {
    **{f"from {format}": _recorded(format) for format in FORMATS},
    "check": lambda home: ("check", "--python", str(next(home.glob("*/bin/python")))),
    "check json": lambda home: ("check", "--json", "--python", str(next(home.glob("*/bin/python")))),
    "snapshot": lambda home: ("snapshot", "-", "--python", str(next(home.glob("*/bin/python")))),
    "fix": lambda home: ("fix", "--dry-run", "--python", str(next(home.glob("*/bin/python")))),
    "fix json": lambda home: ("fix", "--dry-run", "--json", "--python", str(next(home.glob("*/bin/python")))),
    "selftest": lambda home: ("selftest", "--timeout", "5", "--python", str(next(home.glob("*/bin/python")))),
    "selftest json": lambda home: ("selftest", "--json", "--timeout", "5", "--python", str(next(home.glob("*/bin/python")))),
    "undo list": lambda home: ("undo", "--list"),
    "undo list json": lambda home: ("undo", "--list", "--json"),
    "undo": lambda home: ("undo",),
    "libs": lambda home: ("libs", str(next(home.glob("*/lib*")))),
    "libs json": lambda home: ("libs", "--json", str(next(home.glob("*/lib*")))),
    "explain": lambda home: ("explain", "log"),
    "explain json": lambda home: ("explain", "log", "--json"),
    "explain unknown": lambda home: ("explain", EVIL),
    "diff": lambda home: ("diff", "snapshot", str(CASES / "healthy.snapshot")),
    "diff json": lambda home: ("diff", "--json", "snapshot", str(CASES / "healthy.snapshot")),
    "no such prefix": lambda home: ("check", "--prefix", f"/no/{EVIL}"),
    "no such option": lambda home: ("check", f"--{EVIL}"),
    "no such command": lambda home: (EVIL,),
    "install": lambda home: ("install", EVIL),
    "download": lambda home: ("download", EVIL, EVIL),
    "lock": lambda home: ("lock", EVIL),
    "init": lambda home: ("init", f"/proc/{EVIL}"),
    "clean": lambda home: ("clean",),
    "advise": lambda home: ("advise",),
    "fleet": lambda home: ("fleet", "report", "snapshot"),
    "fleet json": lambda home: ("fleet", "report", "snapshot", "--format", "json"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(EXITS))
def test_no_such_character_leaves(name: str, folder: Path) -> None:
    done = subprocess.run(
        [*RUN, *EXITS[name](folder)], capture_output=True, check=False, cwd=folder, stdin=subprocess.DEVNULL, timeout=240,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONUTF8": "1", "LANG": "C.UTF-8"},
    )  # fmt: skip
    shown = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
    assert shown and not _bad(shown), (_bad(shown), shown[:500])
    assert "Traceback" not in shown and "it failed itself" not in shown
    if name != "from github":  # which speaks to the runner itself
        assert not _obeyed(shown)


def test_a_policy_of_another_user_is_named_and_not_obeyed(tmp_path: Path) -> None:
    file = tmp_path / "tritondoctor.toml"
    file.write_text('[ignore]\nlibpython-wrong-build = "ok"\n')
    words = ("check", "--from", str(CASES / "wrong-build.snapshot"))
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 0 and str(file) in "".join(done.stdout.split())
    assert json.loads(run(*words, "--json", cwd=tmp_path).stdout)["ignored"][0]["by"].endswith(file.name)
    file.chmod(0o666)
    done = run(*words, "--json", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["ignored"] == []
    assert "other users can write there" in report["policy"]["not_obeyed"][0]
    file.chmod(0o644)
    if os.geteuid() == 0:
        os.chown(file, 4242, 4242)
        done = run(*words, cwd=tmp_path)
        assert done.returncode == 1 and "it belongs to another user (uid 4242)" in " ".join(
            done.stdout.split()
        )


def test_nothing_above_home_or_a_folder_of_all_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text('[ignore]\nno-gpu = "far"\n')
    home = tmp_path / "home"
    (home / "project").mkdir(parents=True)
    assert policy.find(str(home / "project"), str(home)) == policy.Located(policy.Policy())
    assert policy.find(str(home / "project")).file
    home.chmod(0o777)
    assert policy.find(str(home / "project")) == policy.Located(policy.Policy())
    (home / "tritondoctor.toml").write_text('[ignore]\nno-gpu = "near"\n')
    assert policy.find(str(home / "project")).set_aside


@pytest.mark.parametrize("content", ["a=" + "[" * 5_000, "a" * (2 << 20), "a=\x00", "[ignore", "\udcff"])
def test_a_damaged_policy_is_one_clear_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "tritondoctor.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    done = run("check", "--from", str(CASES / "healthy.snapshot"), cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "tritondoctor.toml" in done.stderr
