"""Clients that waited in vain, beside a server that may be well."""

from __future__ import annotations

from tritondoctor.logs.signs.model import failure
from tritondoctor.support.messages import mark

_UNREACHED = mark("A client did not reach its server")
_PROXY = (
    "gRPC obeys http_proxy, https_proxy and grpc_proxy even for localhost. Try `export "
    "no_proxy=localhost,127.0.0.1` (and the server's name); `tritondoctor explain grpc-uses-proxy` says "
    "more."
)
_WHERE = (
    "A client waited in vain for its server; this does not say why. If the server runs, the client asks "
    "somewhere else: compare its address and its port with the server's (http:// 8000, grpc:// 8001 by "
    "default; in a container localhost is that container). With grpc:// also a proxy is possible: "
    f"{_PROXY} If the server or its model was not up yet, give the client more time: init_timeout_s=300."
)
_TIMED_OUT = r"Waiting for (?:server|model \S+) to be ready timed out"
#: frames of PyTriton's own waits for its server; whoever binds and serves is no client
_OF_SERVER = r"/pytriton/(?:triton|models/\w+|server/\w+|proxy/\w+)\.py"

SIGNS = (
    failure(
        rf"\A(?!.*{_OF_SERVER}).*/pytriton/client/\w*client\.py.*\n[^\n]*{_TIMED_OUT}[^\n]*\Z",
        'File "/e/site-packages/pytriton/client/client.py", line 503, in model_config\\n'
        "pytriton.client.exceptions.PyTritonClientTimeoutError: Waiting for server to be ready timed "
        "out.", _WHERE, source="PyTriton 0.7.0, asked by grpc:// behind http_proxy and at a wrong port",
        what=_UNREACHED, whole=True, weak=True, of_client=True, needles=(b"timed out",),
    ),
    failure(
        rf"(?<!raise )\bPyTritonClientTimeoutError\(['\"]{_TIMED_OUT}",
        "client failed: PyTritonClientTimeoutError('Waiting for server to be ready timed out.')", _WHERE,
        what=_UNREACHED, source="the same, where the program prints the exception", weak=True,
        of_client=True,
        needles=(b"timed out",),
    ),
    failure(
        r"failed to connect to all addresses(?!.*HTTP proxy returned)",
        "CLIENT: [StatusCode.UNAVAILABLE] failed to connect to all addresses; last error: UNKNOWN: "
        "ipv4:127.0.0.1:9: Failed to connect to remote host: Connection refused",
        "A gRPC client reached nothing at the address that this line names. If that is not the "
        f"server's own address, it is a proxy's: {_PROXY} Else the server had exited, was not up yet, or "
        "has another address (in a container localhost is that container).",
        what=_UNREACHED, source="tritonclient.grpc with http_proxy=http://127.0.0.1:9", weak=True,
        of_client=True,
        needles=(b"ailed",),
    ),
    failure(
        r"Timeout occurred during inference request",
        "pytriton.client.exceptions.PyTritonClientTimeoutError: Timeout occurred during inference "
        "request. Timeout: 1 s Message: timed out",
        "The server was reached, and the answer took longer than the client waits: give it more "
        "(inference_timeout_s=300), or see why the inference function is slow.",
        what=mark("The server did not answer a client in time"),
        source="PyTriton 0.7.0 with a function that sleeps", weak=True,
        needles=(b"during inference request",),
    ),
)  # fmt: skip
