"""A SES on the loopback address that answers as the REST-JSON protocol has it, or breaks off when told to.

Error codes travel in the header `x-amzn-ErrorType`, messages in the JSON body, as the service model says.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPTED = (200, "", {"MessageId": "0109019ac1e2f3a4-5b6c7d8e-0000"})
SILENT, BROKEN = "silent", "broken"


@dataclass
class Ses:
    """`script` is answered in order, its last entry again and again; `requests` holds what came."""

    script: list[Any] = field(default_factory=lambda: [ACCEPTED])
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    url: str = ""
    #: Takes the second request of a connection for one that came too late, as after a freeze of the client.
    drops_idle: bool = False
    released: threading.Event = field(default_factory=threading.Event)

    def forget(self) -> None:
        """As new, but for the address."""
        self.released.set()
        vars(self).update(vars(Ses(url=self.url)))

    def sends(self) -> list[dict[str, Any]]:
        return [body for _, path, body in self.requests if path.endswith("/outbound-emails")]


def _handler(ses: Ses) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            is_stale = self.client_address in ses.connections
            ses.connections.add(self.client_address)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            ses.authorizations.append(self.headers.get("Authorization", ""))
            ses.requests.append((self.command, self.path, json.loads(raw) if raw else {}))
            answer = ses.script.pop(0) if len(ses.script) > 1 else ses.script[0]
            if answer == SILENT:
                ses.released.wait(20)
                self.close_connection = True
                return
            if answer == BROKEN or (is_stale and ses.drops_idle):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            status, code, body = answer
            data = json.dumps(body).encode()
            self.send_response(status)
            if code:
                self.send_header("x-amzn-ErrorType", f"{code}:http://internal.amazon.com/coral/")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def serve(ses: Ses) -> Iterator[Ses]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(ses))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    ses.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield ses
    finally:
        ses.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
