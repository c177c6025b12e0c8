"""Lines that show what failed, and cannot tell which of several findings it is."""

from __future__ import annotations

from tritondoctor.logs.signs.model import Unsure, cause
from tritondoctor.support.messages import mark

_CONFIGURED = (
    "`tritondoctor check` tells whether a variable is to blame; `env | grep PYTRITON_TRITON_CONFIG_` "
    "shows them. Else correct what the program gives to TritonConfig(...)."
)
_TRITON = r'/pytriton/triton\.py\\?", line \d+, in '

SIGNS = (
    cause(
        "workspace-noexec", r"sh\.CommandNotFound: (?P<path>/\S+)/workspace_\w+/\S+/tritonserver",
        "sh.CommandNotFound: /home/u/nx/workspace_hokxo_kk/tritonserver/bin/tritonserver",
        others=("tritonserver-not-executable", "wheel-damaged"),
        unsure=Unsure(
            mark("PyTriton may not execute its tritonserver"),
            mark("PyTriton copied it to {path} and could not run the copy there. It has lost its execute "
                 "permission, it is missing, or that file system is mounted noexec. The line is the same "
                 "for all of them."),
        ),
        fix="Run `tritondoctor check`: it tells which it is, and what to type. By hand: `ls -l` of "
        "pytriton/tritonserver/bin/tritonserver in site-packages shows whether the file is there and has "
        "an x (if not: chmod 755); `findmnt -T FOLDER` of the folder above shows noexec (then set "
        "PYTRITON_HOME to a folder on another file system).",
        source="a noexec tmpfs, a tritonserver without x, and none at all",
        needles=(b"NotFound",),
    ),
    cause(
        "pytriton-call-refused",
        _TRITON + r"__init__\n.*\n[^\n]*?(?P<error>\w*InvalidUrlError: Invalid url (?P<url>[^\n]+))\s*\Z",
        'File "/e/site-packages/pytriton/triton.py", line 782, in __init__\\n    super().__init__(\\n'
        "pytriton.client.exceptions.PyTritonClientInvalidUrlError: Invalid url http://127.0.0.1:-1",
        others=("setting-invalid",), whole=True, fix=_CONFIGURED,
        unsure=Unsure(
            mark("PyTriton cannot use the address that it is to serve at: {url}"),
            mark("The address and the port come from TritonConfig(...) in the program or a variable "
                 "such as PYTRITON_TRITON_CONFIG_HTTP_PORT. The traceback is the same for both."),
        ),
        source="PyTriton 0.7.0 with http_port='abc', and with PYTRITON_TRITON_CONFIG_HTTP_PORT=-1",
        needles=(b"Invalid url",),
    ),
    cause(
        "pytriton-call-refused",
        _TRITON + r"__init__\n.*\n[^\n]*?"
        r"(?P<error>\b(?:Type|Value|Attribute|Key)Error: [^\n]{1,300})\s*\Z",
        'File "/e/site-packages/pytriton/triton.py", line 782, in __init__\\n    super().__init__(\\n'
        "TypeError: 'int' object is not iterable", others=("setting-invalid",), whole=True, weak=True,
        fix=_CONFIGURED,
        unsure=Unsure(
            mark("PyTriton does not take its configuration: {error}"),
            mark("It comes from TritonConfig(...) in the program and from variables "
                 "PYTRITON_TRITON_CONFIG_*; this traceback does not show from which."),
        ),
        source="any other exception there: both kinds of configuration are joined in Triton.__init__",
        needles=(b"Error: ",),
    ),
)  # fmt: skip
