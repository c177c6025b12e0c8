"""Checks, log and what was seen, made into one cause."""

from __future__ import annotations

from tritondoctor.checks.model import Finding, text
from tritondoctor.logs.finding import finding
from tritondoctor.logs.recognise import SignOccurrence, recognise
from tritondoctor.selftest.cause import causes

ENDING = "the stub ended before the model was loaded"
KNOWN = {"version": "3.9.18"}
MISSING = (
    "stub: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object file"
)


def _static(id: str, severity: str = "error", **fields: str) -> Finding:
    return Finding(id, severity, text(f"{id} of the checks", **fields), text(""))  # type: ignore[arg-type]


def _seen(*lines: str) -> list[SignOccurrence]:
    found = [recognise(line) for line in lines]
    return [sign for sign in found if sign is not None]


def test_a_check_that_the_log_confirms_is_the_cause() -> None:
    first, *others = causes(
        [_static("port-in-use"), _static("libpython-missing")], _seen(MISSING), ENDING, KNOWN
    )
    assert str(first.title) == "libpython-missing of the checks"
    assert str(first.evidence[0]) == f"the log says: {MISSING}"
    assert str(first.evidence[1]) == f"seen: {ENDING}"
    assert [other.id for other in others] == ["port-in-use"]


def test_of_several_findings_of_a_kind_it_is_the_one_that_the_log_names() -> None:
    static = [_static("package-missing", module="wrapt"), _static("package-missing", module="zmq")]
    first, *_ = causes(static, _seen("ModuleNotFoundError: No module named 'zmq'"), ENDING, KNOWN)
    assert first.title.fields["module"] == "zmq"


def test_a_plain_line_goes_before_checks_that_say_otherwise() -> None:
    first, second = causes([_static("numpy-too-new")], _seen(MISSING), ENDING, KNOWN)
    assert (first.id, second.id) == ("libpython-missing", "numpy-too-new")
    assert str(first.title) == "PyTriton's Python backend cannot start: libpython3.9.so.1.0 is not found"
    assert first.title.fields["soname"] == "libpython3.9.so.1.0"


def test_a_vague_line_is_evidence_for_what_the_checks_know() -> None:
    line = "failed to load 'Linear' version 1: Internal: ModuleNotFoundError: No module named '_socket'"
    (first,) = causes([_static("libpython-wrong-version")], _seen(line), ENDING, KNOWN)
    assert first.id == "libpython-wrong-version"
    assert line in str(first.evidence[0])


def test_without_checks_a_vague_line_is_the_cause() -> None:
    (first,) = causes([], _seen("ModuleNotFoundError: No module named 'zmq'"), ENDING, KNOWN)
    assert first.id == "package-missing"


def test_the_first_line_counts() -> None:
    lines = (MISSING, "Triton Inference Server exited with failure. Please wait.")
    (first,) = causes([], _seen(*reversed(lines)), ENDING, KNOWN)
    assert first.id == "libpython-missing"


def test_with_nothing_known_it_says_what_was_seen() -> None:
    (first,) = causes([_static("library-path-frozen", "warning")], [], ENDING, KNOWN)
    assert first.id == "selftest-no-answer"
    assert ENDING in str(first.explanation)


def test_fields_that_nobody_knows_are_said_to_be_so() -> None:
    assert "(not known)" in str(finding("numpy-too-new", {}).title)
