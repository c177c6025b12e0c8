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

#: PyTriton 0.7.0 with PYTRITON_TRITON_CONFIG_LOG_VERBOSE=yes
VARIABLE = """\
Traceback (most recent call last):
  File "/srv/serve.py", line 10, in <module>
    with Triton() as triton:
         ~~~~~~^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 773, in __init__
    env_config_dict = _without_none_values(TritonConfig.from_env().to_dict())
                                           ~~~~~~~~~~~~~~~~~~~~~^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 340, in from_env
    return cls.from_dict(config)
           ~~~~~~~~~~~~~^^^^^^^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 296, in from_dict
    name: _cast_value(fields[name], value) for name, value in config.items() if name in fields
          ~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 293, in _cast_value
    return field_type(_value)
ValueError: invalid literal for int() with base 10: 'yes'
"""
#: the same from TritonConfig.from_dict({"log_verbose": "yes"}) in the program
ARGUMENT = """\
Traceback (most recent call last):
  File "/srv/serve.py", line 2, in <module>
    config = TritonConfig.from_dict({"log_verbose": "yes"})
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 296, in from_dict
    name: _cast_value(fields[name], value) for name, value in config.items() if name in fields
          ~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 293, in _cast_value
    return field_type(_value)
ValueError: invalid literal for int() with base 10: 'yes'
"""
#: the same by TritonConfig(http_port=...) and by PYTRITON_TRITON_CONFIG_HTTP_PORT=-1
ADDRESS = """\
Traceback (most recent call last):
  File "/e/lib/python3.13/site-packages/pytriton/client/utils.py", line 379, in from_url
    port = parsed_url.port or {"grpc": DEFAULT_GRPC_PORT, "http": DEFAULT_HTTP_PORT}[scheme]
           ^^^^^^^^^^^^^^^
ValueError: Port could not be cast to integer value as '-1'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/serve.py", line 10, in <module>
    with Triton() as triton:
         ~~~~~~^^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 782, in __init__
    super().__init__(
    ~~~~~~~~~~~~~~~~^
        url=endpoint_utils.get_endpoint(self._triton_server_config, endpoint_protocol),
    ...<2 lines>...
        access_token=self._security_config.access_token,
    )
    ^
  File "/e/lib/python3.13/site-packages/pytriton/triton.py", line 480, in __init__
    self._model_manager = ModelManager(self._url, _local_model_config_path, access_token=access_token)
                          ~~~~~~~~~~~~^
  File "/e/lib/python3.13/site-packages/pytriton/models/manager.py", line 71, in __init__
    triton_url_parsed = TritonUrl.from_url(triton_url)
  File "/e/lib/python3.13/site-packages/pytriton/client/utils.py", line 381, in from_url
    raise PyTritonClientInvalidUrlError(f"Invalid url {url}") from e
pytriton.client.exceptions.PyTritonClientInvalidUrlError: Invalid url http://127.0.0.1:-1
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


def test_a_variable_and_an_argument_are_told_apart() -> None:
    (cause,) = _explain(VARIABLE).causes
    assert (cause.finding.id, cause.unsure) == ("setting-invalid", False)
    assert "PYTRITON_TRITON_CONFIG_" in str(cause.finding.title)
    assert "'yes'" in str(cause.finding.explanation)
    assert _explain(ARGUMENT).causes[0].finding.id == "pytriton-call-refused"


def test_where_a_variable_and_an_argument_look_alike_nobody_is_acquitted() -> None:
    (cause,) = _explain(ADDRESS).causes
    assert (cause.unsure, cause.finding.id, cause.others) == (
        True, "pytriton-call-refused", ("setting-invalid",),
    )  # fmt: skip
    said = run("explain", "-", input=ADDRESS).stdout
    assert "http://127.0.0.1:-1" in said
    assert "not at fault" not in said


def test_the_command_has_the_name_that_the_log_has() -> None:
    line = "/w/stub: error while loading shared libraries: {}: cannot open shared object file"
    said = run("explain", "-", input=line.format("libpython3.10.so.1.0")).stdout
    (command,) = (text for text in said.split("\n") if text.startswith("      ln -s "))
    assert "/lib/libpython3.10.so.1.0" in command
    assert "nvidia_pytriton.libs" in command
    assert run("explain", line.format("libpython3.10.so.1.0")).stdout.count(command) == 1
    harmful = run("explain", "-", input=line.format("libpython3.10.so$(rm -rf x)")).stdout
    assert "/lib/SONAME" in harmful


def test_what_is_not_missing_is_not_to_be_linked() -> None:
    line = "/w/tritonserver: /c/lib/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /w/t)"
    said = run("explain", line).stdout
    assert "(libstdcxx-too-old)" in said
    assert "libpython" not in said
    assert "unset LD_LIBRARY_PATH" in " ".join(said.split())


@pytest.mark.parametrize("log", [VARIABLE, ADDRESS, WITHOUT_X])
def test_the_same_behind_a_prefix(log: str) -> None:
    behind = "\n".join(f"triton-1  | {line}" for line in log.split("\n"))
    assert _explain(behind).causes[0].finding.id == _explain(log).causes[0].finding.id
