"""An IMAP folder as a mailbox (RFC 3501): Workspace, Microsoft 365, any other server.

The folder is opened for reading only and mails are peeked at, so that nothing changes for who works in it. A
fresh connection for each look; the secret is asked for each time, so that a new token holds at once.
"""

from __future__ import annotations

import base64
import imaplib
import ipaddress
import re
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from pivotr.adapters.mailbox_maildir import LARGEST
from pivotr.errors import Misconfigured, PivotrError, Unavailable
from pivotr.ports.mailbox import Fetched

_TIMEOUT = 15.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d+)")


class ImapMailbox:
    """Mailbox port on one folder. The cursor is `{UIDVALIDITY}:{highest UID seen}`.

    `login` is `password` (also an app password) or `xoauth2`: then `secret` gives an access token. Neither is
    in any message or log.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        security: Literal["tls", "starttls", "none"],
        username: str,
        secret: Callable[[], str],
        login: Literal["password", "xoauth2"] = "password",
        folder: str = "INBOX",
    ) -> None:
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._secret = secret
        self._login = login
        self._folder = folder

    def fetch(self, cursor: str, *, since: datetime, limit: int) -> Fetched:
        """Mails with a higher UID than the cursor's. Raises Unavailable, Misconfigured."""
        secret = self._secret()
        imap: imaplib.IMAP4 | None = None
        try:
            imap = self._connect()
            self._sign_in(imap, secret)
            validity = self._open(imap)
            known, _, last = cursor.partition(":")
            is_first = known != validity
            seen = 0 if is_first else int(last or 0)
            uids = self._search(imap, seen, since if is_first else None)
            if is_first and not uids:
                seen = self._highest(imap)
            wanted = uids[:limit]
            mails = [self._mail(imap, uid) for uid in wanted]
            seen = max([seen, *wanted])
            found = tuple(mail for mail in mails if mail)
            return Fetched(found, f"{validity}:{seen}", has_more=len(uids) > limit)
        except PivotrError:
            raise
        except (imaplib.IMAP4.error, OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            text = " ".join(why.replace(secret, "***").split())[:200] if secret else why
            raise Unavailable(
                f"{self._host}:{self._port} does not answer as a mailbox should: {text}",
                hint="It is tried again in a minute.",
            ) from None
        finally:
            if imap is not None:
                _leave(imap)

    def _connect(self) -> imaplib.IMAP4:
        if self._security == "none" and not _is_here(self._host):
            raise Misconfigured(
                f"A login at {self._host} may not go unencrypted.",
                hint="Use tls or starttls for the mailbox.",
            )
        if self._security == "tls":
            return imaplib.IMAP4_SSL(
                self._host, self._port, ssl_context=ssl.create_default_context(), timeout=_TIMEOUT
            )
        imap = imaplib.IMAP4(self._host, self._port, timeout=_TIMEOUT)
        if self._security == "starttls":
            if "STARTTLS" not in imap.capabilities:
                _leave(imap)
                raise Misconfigured(
                    f"{self._host}:{self._port} offers no STARTTLS.", hint="Use tls for the mailbox."
                )
            imap.starttls(ssl.create_default_context())
        return imap

    def _sign_in(self, imap: imaplib.IMAP4, secret: str) -> None:
        try:
            if self._login == "xoauth2":
                token = f"user={self._username}\x01auth=Bearer {secret}\x01\x01".encode()
                # a server that refuses sends its reason as a challenge, which an empty line answers
                answers = iter((token,))
                imap.authenticate("XOAUTH2", lambda _: next(answers, b""))
            else:
                imap.login(self._username, secret)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            text = " ".join(str(error).replace(secret, "***").split())[:200]
            raise Misconfigured(
                f"{self._host} refuses the login of {self._username}: {text}",
                hint="Check PIVOTR_IMAP_PASSWORD: an app password, or a token that has not expired.",
            ) from None

    def _open(self, imap: imaplib.IMAP4) -> str:
        """Open the folder for reading only; its UIDVALIDITY."""
        status, answer = imap.select(_quoted(self._folder), readonly=True)
        if status != "OK":
            raise Misconfigured(
                f"{self._host} has no folder {self._folder}.", hint="Set PIVOTR_MAILBOX_FOLDER to one."
            )
        _, found = imap.response("UIDVALIDITY")
        value = found[0] if found else None
        return value.decode("ascii", "replace") if isinstance(value, bytes) else "0"

    def _search(self, imap: imaplib.IMAP4, seen: int, since: datetime | None) -> list[int]:
        """UIDs above the last one, or those since a day."""
        if since is not None:
            words = ["SINCE", f"{since.day:02d}-{_MONTHS[since.month - 1]}-{since.year}"]
        else:
            words = ["UID", f"{seen + 1}:*"]
        status, answer = imap.uid("SEARCH", *words)
        if status != "OK":
            raise imaplib.IMAP4.error("the search was refused")
        found = [int(word) for line in answer if isinstance(line, bytes) for word in line.split()]
        # `n:*` always names the last mail, also one below n (RFC 3501, 6.4.8)
        return sorted(uid for uid in found if uid > seen)

    def _highest(self, imap: imaplib.IMAP4) -> int:
        status, answer = imap.uid("SEARCH", "UID", "*")
        words = [word for line in answer if isinstance(line, bytes) for word in line.split()]
        return int(words[-1]) if status == "OK" and words else 0

    def _mail(self, imap: imaplib.IMAP4, uid: int) -> bytes:
        """The beginning of a mail; empty where it has gone meanwhile."""
        status, answer = imap.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{LARGEST}>)")
        if status != "OK":
            raise imaplib.IMAP4.error("a mail was refused")
        parts: list[Any] = list(answer)
        for part in parts:
            if isinstance(part, tuple) and len(part) > 1 and _names(part[0], uid, parts):
                return bytes(part[1])
        return b""


def _names(prefix: bytes, uid: int, parts: list[Any]) -> bool:
    """True for the answer about this mail: a server may tell of others in between."""
    found = _UID.search(prefix)
    if found is None:
        found = next((hit for part in parts if isinstance(part, bytes) and (hit := _UID.search(part))), None)
    return found is None or int(found[1]) == uid


def _leave(imap: imaplib.IMAP4) -> None:
    try:
        imap.logout()
    except (imaplib.IMAP4.error, OSError):
        imap.shutdown()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _quoted(folder: str) -> str:
    """A folder's name on the wire: quoted, letters beyond ASCII in modified UTF-7 (RFC 3501, 5.1.3)."""
    pieces: list[str] = []
    for run in re.findall(r"[ -~]+|[^ -~]+", folder):
        if run.isascii() and run.isprintable():
            pieces.append(run.replace("&", "&-"))
        else:
            coded = base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            pieces.append(f"&{coded}-")
    text = "".join(pieces).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
