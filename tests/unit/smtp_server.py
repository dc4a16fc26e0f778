"""A loopback SMTP server that plays a script: what it answers, where it drops the line or falls silent."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: In place of a reply: close the connection, or say nothing until the client leaves.
DROP = "drop"
SILENCE = "silence"


@dataclass
class Script:
    """Replies by verb (`GREETING`, `EHLO`, `STARTTLS`, `AUTH`, `MAIL`, `RCPT`, `DATA`, `END`, `QUIT`)."""

    replies: dict[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None
    is_tls_from_the_start: bool = False
    #: Read this many bytes of the mail, then reset the connection.
    drop_within_data: int | None = None
    lines: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    #: What came of a mail whose final dot never came.
    unfinished: list[bytes] = field(default_factory=list)
    connections: int = 0

    def verbs(self) -> list[str]:
        return [line.split(" ")[0].upper() for line in self.lines]


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        script = self.server.script
        script.connections += 1
        with contextlib.suppress(OSError, EOFError):
            if script.is_tls_from_the_start:
                self._wrap()
            self._file = self.request.makefile("rb")
            self._answer("GREETING", "220 mx.example ESMTP")
            while self._command():
                pass

    def finish(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            self._file.close()
        self.request.close()

    def _wrap(self) -> None:
        assert self.server.script.tls is not None
        self.request = self.server.script.tls.wrap_socket(self.request, server_side=True)

    def _line(self) -> bytes:
        line: bytes = self._file.readline()
        if not line:
            raise EOFError
        return line

    def _answer(self, verb: str, usual: str) -> str:
        reply = self.server.script.replies.get(verb, usual)
        if reply == DROP:
            raise EOFError
        if reply == SILENCE:
            while self._file.readline():
                pass
            raise EOFError
        self.request.sendall(reply.encode("utf-8", "surrogateescape") + b"\r\n")
        return reply

    def _command(self) -> bool:
        script = self.server.script
        line = self._line().decode().rstrip("\r\n")
        script.lines.append(line)
        verb = line.split(" ")[0].upper()
        if verb == "EHLO":
            self._answer(
                verb, "\r\n".join(["250-mx.example", *(f"250-{e}" for e in script.extensions), "250 OK"])
            )
        elif verb == "STARTTLS":
            if self._answer(verb, "220 go ahead").startswith("220"):
                self._file.close()
                self._wrap()
                self._file = self.request.makefile("rb")
        elif verb == "AUTH" and line.upper().startswith("AUTH LOGIN") and "AUTH" not in script.replies:
            self.request.sendall(b"334 UGFzc3dvcmQ6\r\n")
            script.lines.append(self._line().decode().rstrip("\r\n"))
            self._answer("LOGIN", "235 welcome")
        elif verb == "AUTH":
            self._answer(verb, "235 welcome")
        elif verb == "DATA":
            if self._answer(verb, "354 go on").startswith("354"):
                self._mail()
        elif verb == "QUIT":
            self._answer(verb, "221 bye")
            return False
        else:
            self._answer(verb, "250 OK")
        return True

    def _mail(self) -> None:
        script = self.server.script
        if script.drop_within_data is not None:
            self._file.read(script.drop_within_data)
            raise EOFError  # what is unread makes this a reset
        lines = []
        while (line := self._file.readline()) != b".\r\n":
            if not line:
                script.unfinished.append(b"".join(lines))
                raise EOFError
            lines.append(line[1:] if line.startswith(b".") else line)
        script.mails.append(b"".join(lines))
        self._answer("END", "250 2.0.0 queued as 4F2A")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    script: Script


@contextlib.contextmanager
def serving(script: Script) -> Iterator[int]:
    """Play the script on 127.0.0.1; the port. All connections are over when the block ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.script = script
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def certificate(folder: Path, address: str = "127.0.0.1") -> Path:
    """A fresh self-signed certificate for an IP address, with its key, in one PEM file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{address}.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path
