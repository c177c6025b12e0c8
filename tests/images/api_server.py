"""An API server as a pod sees it: TLS, a token, RBAC, and patches of a node's status.

It grants what the rules of a role grant, and records which of them were used.
"""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kubernetes_validate
import trustme

TOKEN = "a-service-account's-token"
KUBECTL = str(Path(sys.executable).parent / "kubectl")
VERSION = "1.31"
#: apiGroup, resource, verb
Grant = tuple[str, str, str]


def merged(whole: dict[str, Any], patch: str) -> dict[str, Any]:
    """An object after a strategic merge patch; kubectl does it by the API server's own code."""
    done = subprocess.run(
        [KUBECTL, "patch", "--local", "--filename", "-", "--type", "strategic", "--patch", patch,
         "--output", "json"],
        input=json.dumps(whole), capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Cluster:
    """Nodes, what is granted, what was asked for and refused."""

    def __init__(self, granted: set[Grant]) -> None:
        self.granted = granted
        self.used: set[Grant] = set()
        self.refused: list[str] = []
        self.history: list[dict[str, Any]] = []
        self.changed = threading.Condition()
        kubelet = {"type": "Ready", "status": "True"}
        self.node: dict[str, Any] = {
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
            "status": {"conditions": [kubelet]},
        }  # fmt: skip

    def merge(self, patch: str) -> None:
        """A patch of the node's status."""
        self.node = merged(self.node, patch)
        kubernetes_validate.validate(self.node, VERSION, strict=True)
        with self.changed:
            self.history += json.loads(patch)["status"]["conditions"]
            self.changed.notify_all()

    def wait(self, status: str, deadline_s: float) -> dict[str, Any]:
        """The first condition of that status that was written; fails where none comes in time."""

        def there() -> list[dict[str, Any]]:
            return [one for one in self.history if one["status"] == status]

        with self.changed:
            self.changed.wait_for(there, deadline_s)
        assert there(), f"no condition of status {status}: {self.history} {self.refused}"
        return there()[0]


class Handler(BaseHTTPRequestHandler):
    """One request; `cluster` is set by the server's class."""

    cluster: Cluster

    def do_PATCH(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        path = re.fullmatch(r"/api/v1/(nodes)/node-1/(status)", self.path)
        grant = ("", "/".join(path.groups()), "patch") if path else ("", self.path, "patch")
        if self._allowed(grant):
            assert self.headers["Content-Type"] == "application/strategic-merge-patch+json"
            self.cluster.merge(body)
            self._answer(200, self.cluster.node)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._other
        raise AttributeError(name)

    def _other(self) -> None:
        if self._allowed(("", self.path, self.command)):
            self._answer(404, {})

    def _allowed(self, grant: Grant) -> bool:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._answer(401, {"kind": "Status", "message": "Unauthorized"})
            return False
        self.cluster.used.add(grant)
        if grant in self.cluster.granted:
            return True
        with self.cluster.changed:
            self.cluster.refused.append(f"{grant[2]} {grant[1]}")
            self.cluster.changed.notify_all()
        self._answer(403, {"kind": "Status", "message": f"cannot {grant[2]} resource {grant[1]}"})
        return False

    def _answer(self, code: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serving(cluster: Cluster, address: str, account: Path) -> Iterator[int]:
    """The port at which the cluster answers; `account` gets what a pod's service account has."""
    authority = trustme.CA()
    account.mkdir()
    authority.cert_pem.write_to_path(str(account / "ca.crt"))
    (account / "token").write_text(TOKEN)
    handler = type("Bound", (Handler,), {"cluster": cluster})
    server = ThreadingHTTPServer((address, 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(address).configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
