"""A loopback IMAP4rev1 server with one folder: the commands that a reader needs, as RFC 3501 answers them."""

from __future__ import annotations

import base64
import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Folder:
    """Mails by UID, and what the server is made to do wrong."""

    mails: dict[int, bytes] = field(default_factory=dict)
    validity: int = 1764000000
    name: str = "INBOX"
    password: str = "app password"
    token: str = ""
    tls: ssl.SSLContext | None = None
    is_tls_from_the_start: bool = False
    #: Commands that are answered with NO, and one at which the line is cut.
    refused: tuple[str, ...] = ()
    drops_at: str = ""
    #: Untagged lines that a server may send at any time, put before every answer to FETCH.
    noise: bytes = b""
    lines: list[str] = field(default_factory=list)

    def add(self, raw: bytes) -> int:
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = raw
        return uid


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        folder = self.server.folder
        with contextlib.suppress(OSError, EOFError):
            if folder.is_tls_from_the_start:
                assert folder.tls is not None
                self.request = folder.tls.wrap_socket(self.request, server_side=True)
            self._file = self.request.makefile("rb")
            self._say(b"* OK IMAP4rev1 ready")
            while self._command(folder):
                pass

    def finish(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._file.close()
        self.request.close()

    def _say(self, *lines: bytes) -> None:
        self.request.sendall(b"".join(line + b"\r\n" for line in lines))

    def _line(self) -> str:
        line = self._file.readline()
        if not line:
            raise EOFError
        return line.decode("utf-8", "surrogateescape").rstrip("\r\n")

    def _command(self, folder: Folder) -> bool:
        line = self._line()
        folder.lines.append(line.partition(" ")[2])
        tag, _, rest = line.partition(" ")
        verb = rest.split(" ")[0].upper()
        if verb == "UID":
            verb = " ".join(rest.split(" ")[:2]).upper()
        done = f"{tag} OK done".encode()
        if folder.drops_at == verb:
            raise EOFError
        if verb in folder.refused:
            self._say(f"{tag} NO refused".encode())
        elif verb == "CAPABILITY":
            more = " STARTTLS" if folder.tls and not folder.is_tls_from_the_start else ""
            self._say(f"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2{more}".encode(), done)
        elif verb == "STARTTLS":
            self._say(done)
            self._file.close()
            assert folder.tls is not None
            self.request = folder.tls.wrap_socket(self.request, server_side=True)
            self._file = self.request.makefile("rb")
        elif verb == "LOGIN":
            is_right = rest.endswith(f' "{folder.password}"')
            self._say(done if is_right else f"{tag} NO [AUTHENTICATIONFAILED] Invalid credentials".encode())
        elif verb == "AUTHENTICATE":
            self._authenticate(folder, tag, done)
        elif verb in ("SELECT", "EXAMINE"):
            self._open(folder, rest, tag, verb)
        elif verb == "UID SEARCH":
            self._search(folder, rest, done)
        elif verb == "UID FETCH":
            self._fetch(folder, rest, done)
        elif verb == "LOGOUT":
            self._say(b"* BYE see you", done)
            return False
        else:
            self._say(f"{tag} BAD unknown command".encode())
        return True

    def _authenticate(self, folder: Folder, tag: str, done: bytes) -> None:
        self._say(b"+ ")
        given = base64.b64decode(self._line()).decode()
        if given == f"user=sales@acme.example\x01auth=Bearer {folder.token}\x01\x01":
            self._say(done)
            return
        self._say(b"+ " + base64.b64encode(b'{"status":"400","schemes":"bearer"}'))
        self._line()
        self._say(f"{tag} NO AUTHENTICATE failed.".encode())

    def _open(self, folder: Folder, rest: str, tag: str, verb: str) -> None:
        if rest.partition(" ")[2] != f'"{folder.name}"':
            self._say(f"{tag} NO [NONEXISTENT] Unknown Mailbox".encode())
            return
        self._say(
            f"* {len(folder.mails)} EXISTS".encode(),
            b"* 0 RECENT",
            b"* FLAGS (\\Answered \\Seen)",
            f"* OK [UIDVALIDITY {folder.validity}] UIDs valid".encode(),
            f"* OK [UIDNEXT {max(folder.mails, default=0) + 1}] next".encode(),
            f"{tag} OK [READ-{'ONLY' if verb == 'EXAMINE' else 'WRITE'}] done".encode(),
        )

    def _search(self, folder: Folder, rest: str, done: bytes) -> None:
        uids = sorted(folder.mails)
        found = re.search(r"UID (\d+):\*$", rest)
        if found:
            low = int(found[1])
            # the range turns round where the last mail is below its first number (RFC 3501, 6.4.8)
            uids = [uid for uid in uids if uid >= low] or uids[-1:]
        elif rest.endswith("UID *"):
            uids = uids[-1:]
        elif "SINCE" in rest:
            uids = [uid for uid in uids if b"X-Old:" not in folder.mails[uid]]
        self._say(f"* SEARCH{''.join(f' {uid}' for uid in uids)}".encode(), done)

    def _fetch(self, folder: Folder, rest: str, done: bytes) -> None:
        uid, size = (
            int(number) for number in re.findall(r"FETCH (\d+) \(UID BODY.PEEK\[\]<0.(\d+)>\)", rest)[0]
        )
        if folder.noise:
            self.request.sendall(folder.noise)
        raw = folder.mails.get(uid)
        if raw is not None:
            raw = raw[:size]
            head = f"* {sorted(folder.mails).index(uid) + 1} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n"
            self.request.sendall(head.encode() + raw + b")\r\n")
        self._say(done)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    folder: Folder


@contextlib.contextmanager
def serving(folder: Folder) -> Iterator[int]:
    """Serve the folder on 127.0.0.1; the port. All connections are over when the block ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.folder = folder
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
