"""What clients see: a server that is not there or too slow, and models that fail on a request."""

from __future__ import annotations

from tritondoctor.logs.signs.model import effect, failure
from tritondoctor.support.messages import mark

_MODEL_FAILED = (
    "The server runs, and the model's own code failed on this request: the line says how, and where in "
    "model.py. Correct the code, or send what it expects."
)

#: known by the frames of the client
WHOLES = (
    failure(
        r"\A(?!.*/pytriton/(?!client/)).*(?:tritonclient|geventhttpclient|gevent)[/\\].*\n"
        r"(?:[^\n]{0,60}[\s:])?(?:\w+\.)?(?:timeout|TimeoutError): "
        r"(?:timed out|The read operation timed out)\s*\Z",
        'File "/e/site-packages/geventhttpclient/response.py", line 190, in _read_headers\\n    data = '
        "self._sock.recv(self.block_size)\\nsocket.timeout: timed out",
        "The server was reached, and did not answer in time: give the client more (network_timeout=600 "
        "in tritonclient.http, inference_timeout_s=300 in PyTriton's client), or see in the server's log "
        "why the model is slow, or still loads.",
        what=mark("The server did not answer a client in time"), weak=True, whole=True,
        source="server#6738, server#6909, Merlin#74, server#4489", needles=(b"timed out",),
    ),
)  # fmt: skip

SIGNS = (
    failure(
        r"StatusCode\.UNAVAILABLE\] Socket operation on non-socket",
        "tritonclient.utils.InferenceServerException: [StatusCode.UNAVAILABLE] Socket operation on "
        "non-socket",
        "gRPC does not live through a fork: create the client in the process that uses it, after the "
        "fork, or start processes with multiprocessing.set_start_method('spawn').",
        what=mark("A client of gRPC was used in a forked process"),
        source="server#5749", needles=(b"non-socket",),
    ),
    effect(
        r"\(111: Connection refused\) while",
        "[error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream",
        "The proxy did not reach the server behind it, which had exited, was not up yet, or has another "
        "address.", source="nginx's own text", needles=(b"111: ",),
    ),
    failure(
        r"ConnectionRefusedError: |[Cc]onnection refused|"
        r"Couldn't connect to server",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "Nothing was listening there: the server had exited, was not up yet, or has another address (in "
        "a container localhost is that container). Its own log says whether it started; `curl "
        "http://HOST:8000/v2/health/ready` asks it.",
        what=mark("No server was listening at that address"), weak=True,
        source="server#6560, server#612",
        needles=(b"efused", b"ailed", b"connect to server"),
    ),
)  # fmt: skip

#: what a model raised, where no other sign knows it
UNKNOWN = (
    failure(
        r"Failed to process the request\(s\) for model instance '(?P<model>[^']+)', message: "
        r"(?!Stub process)",
        "{\"error\":\"Failed to process the request(s) for model instance 'tokenizer_0', message: "
        "Exception: err\\n\\nAt:\\n  /models/tokenizer/1/model.py(45): execute\\n\"}", _MODEL_FAILED,
        what=mark("A model's code failed on a request"),
        source="scFoundation#15, server#5548", needles=(b"process the request",),
    ),
    failure(
        r"GRPC Execute Failed, message: ",
        '{"error":"GRPC Execute Failed, message: Traceback (most recent call last):"}', _MODEL_FAILED,
        what=mark("A model's code failed on a request"),
        source="server#2748", needles=(b"Execute Failed",),
    ),
    failure(
        r"PyTorch execute failure: ",
        "tritonclient.utils.InferenceServerException: [400] PyTorch execute failure: The following "
        "operation failed in the TorchScript interpreter.",
        "The server runs, and the TorchScript model failed on this request: the last lines say at which "
        "operation. Try the same input on the file in PyTorch (torch.jit.load); compare shapes and types "
        "with config.pbtxt.",
        what=mark("A TorchScript model failed on a request"),
        source="server#6314", needles=(b"execute failure",),
    ),
)  # fmt: skip
