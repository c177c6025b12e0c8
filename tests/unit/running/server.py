"""A small HTTP server that answers what a test gives it, for the readers of a running server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Callable

from tritondoctor.running.http import Address

#: path -> status and body
Pages = dict[str, tuple[int, bytes]]


@contextmanager
def serving(pages: Pages, seen: Callable[[str], None] = lambda path: None) -> Iterator[Address]:
    """Serve the pages on a free port; `seen` gets every request's method and path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen(f"GET {self.path}")
            status, body = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Address("127.0.0.1", server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
