"""Logs of real starts whose lines show what failed, but not which of several findings it is."""

from __future__ import annotations

import io

import pytest

from tests.test_cli import run
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

#: PyTriton 0.7.0 whose tritonserver had the mode 000
WITHOUT_X = """\
Traceback (most recent call last):
  File "/srv/serve.py", line 11, in <module>
    with Triton(config=config) as triton:
         ~~~~~~^^^^^^^^^^^^^^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 926, in _run_server
    self._triton_server.start()
    ~~~~~~~~~~~~~~~~~~~~~~~~~^^
  File "/e/lib/python3.13/site-packages/pytriton/server/triton_server.py", line 136, in start
    tritonserver_cmd = sh.Command(tritonserver_cmd)
  File "/e/lib/python3.13/site-packages/sh/__init__.py", line 1305, in __init__
    raise CommandNotFound(path)
sh.CommandNotFound: /home/ana/.cache/pytriton/workspace_fr6pq2xj/tritonserver/bin/tritonserver
"""


def _explain(text: str) -> LogVerdict:
    return explain(read(io.BytesIO(text.encode())))


def test_a_tritonserver_that_cannot_be_executed() -> None:
    result = _explain(WITHOUT_X)
    (cause,) = result.causes
    assert (result.exit_code(), cause.unsure) == (1, True)
    assert str(cause.finding.title) == "PyTriton may not execute its tritonserver"
    assert {cause.finding.id, *cause.others} == {
        "workspace-noexec", "tritonserver-not-executable", "wheel-damaged",
    }  # fmt: skip


@pytest.mark.parametrize("options", [(), ("-q",)])
def test_none_of_several_is_told_as_the_cause(options: tuple[str, ...]) -> None:
    said = " ".join(run("explain", "-", *options, input=WITHOUT_X).stdout.split())
    assert "Cause found" not in said
    assert "Line 12 shows a fault: workspace-noexec or tritonserver-not-executable or" in said
    if not options:
        assert "tritonserver has lost its execute permission (tritonserver-not-executable)" in said
        assert "cause: PyTriton may not execute its tritonserver" in said


def test_a_possibility_has_its_title() -> None:
    said = " ".join(run("explain", "stub: error while loading shared libraries: libpython3.9.so.1.0: "
                        "cannot open shared object file: No such file").stdout.split())  # fmt: skip
    assert "(bash-changes-launch)" in said
    assert "- " in said.partition("something else")[2]
