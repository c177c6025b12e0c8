"""Logs of a real PyTriton that served, and of a client that failed behind http_proxy=127.0.0.1:9."""

from __future__ import annotations

import io

import pytest

from tests.test_cli import run
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

LOADED = """\
I1130 01:13:30.7 27877 http_server.cc:4713] "Started HTTPService at 0.0.0.0:38110"
I1130 01:13:31.8 27877 model_lifecycle.cc:839] "successfully loaded 'Linear'"
"""
STOPPED = "Signal (2) received.\n"
TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/client.py", line 7, in go
    print(client.infer_batch(np.ones((1, 2), dtype=np.float32)))
          ~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/e/lib/python3.13/site-packages/pytriton/client/client.py", line 503, in model_config
    self._model_config = get_model_config(
                         ~~~~~~~~~~~~~~~~^
        self._general_client, self._model_name, self._model_version, timeout_s=self._init_timeout_s
    )
    ^
  File "/e/lib/python3.13/site-packages/pytriton/client/utils.py", line 247, in wait_for_server_ready
    raise PyTritonClientTimeoutError("Waiting for server to be ready timed out.")
pytriton.client.exceptions.PyTritonClientTimeoutError: Waiting for server to be ready timed out.
"""
ONE_LINE = "client failed: PyTritonClientTimeoutError('Waiting for server to be ready timed out.')\n"
MESSAGE = "client failed: Waiting for server to be ready timed out.\n"
GRPC = (
    "CLIENT: [StatusCode.UNAVAILABLE] failed to connect to all addresses; last error: UNKNOWN: "
    "ipv4:127.0.0.1:9: Failed to connect to remote host: Connection refused\n"
)


def _explain(text: str) -> LogVerdict:
    return explain(read(io.BytesIO(text.encode())))


@pytest.mark.parametrize("failure", [TRACEBACK, ONE_LINE, MESSAGE, GRPC])
@pytest.mark.parametrize("stopped", ["before", "after"])
def test_a_client_that_fails_beside_a_server_that_serves(failure: str, stopped: str) -> None:
    log = f"{LOADED}{STOPPED}{failure}" if stopped == "before" else f"{LOADED}{failure}{STOPPED}"
    assert _explain(LOADED).verdict == "healthy"
    result = _explain(log)
    assert (result.verdict, result.exit_code()) == ("unknown", 4)
    assert result.client_line is not None
    (hit,) = result.effects
    assert "proxy" in hit.seen.why
    said = " ".join(run("explain", "-", input=log).stdout.split())
    assert "The start worked: a model was loaded (line 2). A client failed" in said


def test_a_server_that_waits_for_itself_is_no_client() -> None:
    own = TRACEBACK.replace("/pytriton/client/client.py", "/pytriton/triton.py")
    assert "PyTriton or a client" in _explain(own).effects[0].seen.why
    assert _explain(own).client_line is None
    assert _explain(TRACEBACK + LOADED).client_line is None


def test_what_is_not_understood_is_no_failed_client() -> None:
    assert _explain(f"{LOADED}{ONE_LINE}MyError: nobody knows this\n").client_line is None
