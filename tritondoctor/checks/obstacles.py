"""Words for what keeps the launch from a folder or a port."""

from __future__ import annotations

from tritondoctor.checks.model import Text, text
from tritondoctor.facts.launch.model import Holder, LaunchFolder, Port
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.messages import mark

_FOLDERS = {
    "not-a-folder": "{path} is not a folder",
    "kernel-file-system": "{path} lies in a file system of the kernel",
    "read-only": "{path} is on a read-only file system",
    "not-writable": "{path} is not writable for this user",
    "unreachable": "{error}",
    "forbidden": "a sandbox forbids writing to {path}, though its permissions allow it: {error} "
    "(Landlock, AppArmor)",
    "no-sockets": "no Unix sockets can be made on its file system ({kind}), and PyTriton's processes "
    "talk to each other through sockets in the workspace",
}
_PORTS = {
    "in-use": "{error}",
    "refused": "{error}",
    "unreachable": "a connection to it over 127.0.0.1 fails: {error}. A firewall may forbid it "
    "(iptables -S, nft list ruleset)",
    "same-port": "{other} and {name} are given the same port",
    "out-of-range": "it is not between 0 and 65535",
    "unknown-address": "this machine does not know the address {address}",
}


def folder_obstacle(folder: LaunchFolder) -> Text:
    """Say what keeps this user from writing to a folder."""
    template = _FOLDERS[folder.why_not]
    return text(template, path=folder.exists, error=errno_words(folder.errno), kind=folder.file_system)


def port_obstacle(port: Port) -> Text:
    """Say what keeps tritonserver from binding a port."""
    template = _PORTS[port.why_not]
    return text(
        template, error=errno_words(port.errno), other=port.same_as, name=port.name, address=port.address
    )


def holder(process: Holder) -> Text:
    """Name the process that holds a port."""
    if not process.pid:
        return text("a process of user {user} (root can see which: ss -ltnp)", user=process.user)
    template = mark("process {pid} ({program}, user {user})")
    if process.orphan:
        template = mark("process {pid} ({program}, user {user}), an orphan: its PyTriton is gone")
    return text(template, pid=process.pid, program=process.program, user=process.user)
