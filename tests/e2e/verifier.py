"""A server on the loopback address that keeps MyEmailVerifier's contract: one address, one verdict."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class VerifierServer:
    """`asked` holds (key, address) of each check; an address that begins with `gone` is invalid."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        asked = self.asked

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                parts = urlsplit(self.path)
                query = parse_qs(parts.query)
                if parts.path != "/api/validate_single.php":
                    body = {"status": True, "credits": 1000}
                else:
                    address = query["email"][0]
                    asked.append((query["apikey"][0], address))
                    is_gone = address.startswith("gone")
                    body = {
                        "Address": address,
                        "Status": "Invalid" if is_gone else "Valid",
                        "Disposable_Domain": "false",
                        "Free_Domain": "false",
                        "Greylisted": "false",
                        "catch_all": "false",
                        "Role_Based": "false",
                        "Diagnosis": "Mailbox Not Exist" if is_gone else "Mailbox Exists and Active",
                    }
                raw = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *words: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
