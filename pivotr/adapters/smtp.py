"""Any SMTP server as a provider: a fresh connection for each mail, one attempt, one outcome.

What makes the outcome certain is the moment: until the line with the final dot has left, a server cannot have
taken the mail (RFC 5321 4.1.1.4); from then on until its reply, nobody knows.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from email.parser import BytesHeaderParser
from typing import Literal

from pivotr.adapters.smtp_replies import Stage, one_line, outcome
from pivotr.errors import PivotrError
from pivotr.ports.mailer import (
    Accepted,
    AccountRefused,
    Mail,
    NotSent,
    Outcome,
    Quota,
    RecipientRejected,
    Unknown,
)

_QUIT_SECONDS = 2.0
_ENDS = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.M)
_ADDRESS = re.compile(r"[!-;=?-~]+").fullmatch  # printable ASCII without blanks, < and >

#: SES replaces Message-ID and tells its own id in the reply ("Ok 0100…-000000"); events carry that one.
_SES_ID = re.compile(r"\b[0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6}\b")


class _Refusal(Exception):
    """The conversation ends here; what it came to."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class SmtpMailer:
    """Mailer port on SMTP. `password` is asked before each mail, `timeout` (seconds) holds for each answer.

    Certificates are verified against the system's authorities (`SSL_CERT_FILE` names others). The password
    is in no outcome, message or log.
    """

    def __init__(  # noqa: PLR0917
        self,
        host: str,
        port: int,
        security: Literal["starttls", "tls", "none"],
        username: str | None,
        password: Callable[[], str] | None,
        timeout: float,
        client_name: str,
    ) -> None:
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._timeout = timeout
        self._client_name = client_name

    def quota(self) -> Quota | None:
        """None: SMTP has no way to ask."""
        return None

    def send(self, mail: Mail) -> Outcome:
        """Try exactly once. With several recipients all are taken or none is sent to."""
        smtp: smtplib.SMTP | None = None
        try:
            _check_addresses(mail)
            password = self._read_password()
            smtp = self._connect()
            self._say_hello(smtp)
            if self._username is not None:
                _login(smtp, self._username, password)
            _envelope(smtp, mail)
            return _data(smtp, mail)
        except _Refusal as refusal:
            return refusal.outcome
        except (OSError, ValueError) as error:  # smtplib's own errors are OSErrors
            return NotSent("unreachable", f"{self._host}:{self._port} does not answer: {_reason(error)}")
        finally:
            if smtp is not None:
                _leave(smtp)

    def _read_password(self) -> str:
        if self._password is None:
            return ""
        try:
            return self._password()
        except PivotrError as error:
            raise _Refusal(AccountRefused("account", error.sentence)) from None

    def _connect(self) -> smtplib.SMTP:
        smtp: smtplib.SMTP
        try:
            if self._security == "tls":
                smtp = smtplib.SMTP_SSL(
                    self._host,
                    self._port,
                    local_hostname=self._client_name,
                    timeout=self._timeout,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(
                    self._host, self._port, local_hostname=self._client_name, timeout=self._timeout
                )
        except smtplib.SMTPConnectError as error:
            raise _refusal("greeting", error.smtp_code, error.smtp_error) from None
        if smtp.sock is not None:  # the line with the final dot must not wait for an acknowledgement
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _say_hello(self, smtp: smtplib.SMTP) -> None:
        _hello(smtp)
        if self._security != "starttls":
            return
        if not smtp.has_extn("starttls"):
            text = f"{self._host}:{self._port} offers no STARTTLS, and a login may not go unencrypted."
            raise _Refusal(AccountRefused("account", text))
        try:
            smtp.starttls(context=ssl.create_default_context())
        except smtplib.SMTPResponseException as error:
            raise _refusal("starttls", error.smtp_code, error.smtp_error) from None
        _hello(smtp)


def _check_addresses(mail: Mail) -> None:
    if not _ADDRESS(mail.sender):
        raise _Refusal(AccountRefused("sender", f"{mail.sender!r} cannot be written in an SMTP envelope."))
    for recipient in mail.recipients:
        if not _ADDRESS(recipient):
            raise _Refusal(RecipientRejected(f"{recipient!r} cannot be written in an SMTP envelope."))


def _hello(smtp: smtplib.SMTP) -> None:
    code, reply = smtp.ehlo()
    if code // 100 == 5:  # a server from before 1995
        code, reply = smtp.helo()
    if code // 100 != 2:
        raise _refusal("hello", code, reply)


def _login(smtp: smtplib.SMTP, username: str, password: str) -> None:
    """One attempt by one mechanism: a second wrong try can lock a mailbox. smtplib's own takes ASCII only."""
    offered = str(smtp.esmtp_features.get("auth", "")).upper().split()
    if "PLAIN" in offered:
        code, reply = smtp.docmd("AUTH", "PLAIN " + _base64(f"\0{username}\0{password}"))
    elif "LOGIN" in offered:
        code, reply = smtp.docmd("AUTH", "LOGIN " + _base64(username))
        if code == 334:
            code, reply = smtp.docmd(_base64(password))
    else:
        text = "The mail server offers neither AUTH PLAIN nor AUTH LOGIN on this connection."
        raise _Refusal(AccountRefused("account", text))
    if code not in (235, 503):  # 503: it knows us already
        secrets = (password, _base64(password), _base64(f"\0{username}\0{password}"))
        raise _refusal("login", code, reply, secrets)


def _envelope(smtp: smtplib.SMTP, mail: Mail) -> None:
    options = []
    if smtp.has_extn("size"):
        options.append(f"SIZE={len(mail.data)}")
    if smtp.has_extn("8bitmime") and not mail.data.isascii():
        options.append("BODY=8BITMIME")
    code, reply = smtp.mail(mail.sender, options)
    if code // 100 != 2:
        raise _refusal("sender", code, reply)
    for recipient in mail.recipients:
        code, reply = smtp.rcpt(recipient)
        if code // 100 != 2:
            raise _refusal("recipient", code, reply)


def _data(smtp: smtplib.SMTP, mail: Mail) -> Outcome:
    code, reply = smtp.docmd("DATA")
    if code != 354:
        raise _refusal("data", code, reply)
    assert smtp.sock is not None
    try:
        smtp.sock.sendall(on_the_wire(mail.data))
    except OSError:
        smtp.close()  # a QUIT would become a line of the mail
        raise
    return _end(smtp, smtp.sock, mail)


def _end(smtp: smtplib.SMTP, sock: socket.socket, mail: Mail) -> Outcome:
    """Send the final dot and hear what became of the mail: the only moment at which nobody may know."""
    try:
        sock.sendall(b".\r\n")
    except ConnectionError:  # the dot did not leave as a whole
        smtp.close()
        raise
    except OSError as error:
        return _unconfirmed(smtp, error)
    try:
        code, reply = smtp.getreply()
    except (OSError, ValueError) as error:
        return _unconfirmed(smtp, error)
    if code // 100 != 2:
        return outcome("end", code, one_line(reply))
    ses = _SES_ID.search(one_line(reply))
    return Accepted(ses.group() if ses else _message_id(mail.data))


def _unconfirmed(smtp: smtplib.SMTP, error: OSError | ValueError) -> Unknown:
    smtp.close()
    return Unknown(f"The whole mail was sent, but its receipt was not confirmed: {_reason(error)}")


def on_the_wire(data: bytes) -> bytes:
    """The bytes between DATA and the final dot: every line ends in CRLF, leading dots are doubled."""
    lines = _ENDS.sub(b"\r\n", data)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _LEADING_DOT.sub(b"..", lines)


def _leave(smtp: smtplib.SMTP) -> None:
    """Part politely; nothing that happens here changes the outcome."""
    with contextlib.suppress(OSError, ValueError):
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_SECONDS)
            smtp.quit()
    smtp.close()


def _message_id(data: bytes) -> str:
    """The Message-ID without angle brackets; a digest of the mail where it has none."""
    value = str(BytesHeaderParser().parsebytes(data).get("Message-ID", ""))
    return value.strip().strip("<>") or hashlib.blake2b(data, digest_size=16).hexdigest()


def _refusal(stage: Stage, code: int, reply: bytes | str, secrets: tuple[str, ...] = ()) -> _Refusal:
    text = one_line(reply.encode() if isinstance(reply, str) else reply)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return _Refusal(outcome(stage, code, text))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return one_line(reply.encode() if isinstance(reply, str) else reply)
    return one_line(str(error).encode("utf-8", "replace")) or type(error).__name__
