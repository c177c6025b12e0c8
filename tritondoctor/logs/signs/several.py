"""Lines that show what failed, and cannot tell which of several findings it is."""

from __future__ import annotations

from tritondoctor.logs.signs.model import Unsure, cause
from tritondoctor.support.messages import mark

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
)  # fmt: skip
