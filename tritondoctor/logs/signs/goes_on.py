"""What Python reports and survives, and the beginning and the end of a server."""

from __future__ import annotations

from tritondoctor.logs.signs.model import harmless, stage

SIGNS = (
    harmless(
        "sitecustomize", r"Error in (?:sitecustomize|usercustomize)\b",
        "Error in sitecustomize; set PYTHONVERBOSE for traceback:",
        "Python prints it and goes on: these modules never stop a start.",
        source="dd-trace-py#5771, and a start with one that fails", needles=(b"customize",), opens=True,
    ),
    harmless(
        "pth-line", r"Error processing line \d+ of \S*\.pth",
        "Error processing line 1 of /e/lib/python3.11/site-packages/distutils-precedence.pth:",
        "Python skips the rest of that .pth file and goes on; only what the file adds is missing.",
        source="setuptools#3292", needles=(b"Error processing",), opens=True,
    ),
    harmless(
        "exception-ignored", r"Exception ignored (?:in|on|while)\b",
        "Exception ignored in: <function InferenceServerClient.__del__ at 0x7f52533037f0>",
        "Python reports an exception that it cannot pass on, and goes on; it follows from what came "
        "before.", source="a start with GEVENT_LOOP=libev-cffi", needles=(b"xception ignored",),
        opens=True,
    ),
    harmless(
        "logging-error", r"^--- Logging error ---", "--- Logging error ---",
        "A message could not be written to the log; the program goes on.", source="Python's logging",
        needles=(b"Logging error",), opens=True,
    ),
    stage(
        "begins", r"Started HTTPService at",
        'I1128 07:54:01.703706 2545 http_server.cc:4713] "Started HTTPService at 0.0.0.0:55237"',
        needles=(b"HTTPService",),
    ),
    stage(
        "stops", r"Signal \((?:2|15)\) received|Waiting for in-flight requests to complete",
        "Signal (2) received.", needles=(b"Signal (", b"in-flight requests"),
    ),
)  # fmt: skip
