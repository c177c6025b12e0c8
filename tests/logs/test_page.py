"""The page of a finding: the lines by which a log shows it, as many as a person reads."""

from __future__ import annotations

from tests.test_cli import run


def _lines(*words: str) -> list[str]:
    said = run("explain", *words, env={"PATH": "/usr/bin:/bin", "COLUMNS": "200"}).stdout
    return [line for line in said.partition("How it looks in a log")[2].split("\n") if line.strip()]


def test_a_page_shows_some_typical_lines_and_v_all() -> None:
    short, full = _lines("setting-invalid"), _lines("-v", "setting-invalid")
    assert sum(line.startswith("    ") and not line.startswith("      ") for line in short) == 7
    assert short[-1].split()[0] == "and"
    assert len(full) > len(short)
    assert short[0] == full[0]


def test_no_line_of_source_stands_alone() -> None:
    said = "\n".join(_lines("-v", "setting-invalid"))
    assert "_corecffi" not in said
    assert "keylog_filename" not in said
    assert 'File "' not in said


def test_the_page_says_how_to_find_the_variable() -> None:
    said = " ".join(run("explain", "setting-invalid").stdout.split())
    assert "`tritondoctor check` names it" in said
    assert "env -u NAME" in said
