"""MyEmailVerifier: one address, one call, one verdict; whatever we do not recognise means "do not send".

The vendor wants the key inside the address of the call, so no address and no text of the HTTP layer ever gets
into an error, and errors of that layer are not chained. The contract: github.com/pat-myemailverifier/
myemailverifier-api; 30 checks a minute for each key, which is for the caller to keep.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pivotr.adapters import myemailverifier_answers as answers
from pivotr.errors import LimitReached, Misconfigured, Unavailable
from pivotr.ports.verifier import Verification

_CONNECT_SECONDS = 3.0
_LARGEST = 65_536
_HINT_KEY = "Put the key into MYEMAILVERIFIER_API_KEY, or run `pivotr secrets set myemailverifier`."
_HINT_CREDITS = (
    "Buy credits at myemailverifier.com, then resume what was paused: `pivotr campaign resume ID`."
)


class MyEmailVerifier:
    """Verifier port on MyEmailVerifier's API.

    `key` is called for the first check and again when the vendor refuses the key, so that a key can be
    changed without a restart. `url` answers checks, `credits_url` tells the credits; `timeout` is the most
    seconds that one call may last, of which 3 for connecting.
    """

    name = "myemailverifier"
    credits_matter = True

    def __init__(
        self,
        key: Callable[[], str],
        *,
        url: str = "https://api.myemailverifier.com",
        credits_url: str = "https://client.myemailverifier.com",
        timeout: float = 9.0,
    ) -> None:
        self._read_key = key
        self._key: str | None = None
        self._url = url.rstrip("/")
        self._credits_url = credits_url.rstrip("/")
        self._timeout = timeout

    def check(self, email: str) -> Verification:
        """One call. Raises Unavailable, LimitReached (no credits) and Misconfigured (key refused)."""

        def address(key: str) -> str:
            query = urlencode({"apikey": key, "email": email}, quote_via=quote, safe="")
            return f"{self._url}/api/validate_single.php?{query}"

        status, answer = self._ask(address)
        if status == 400 and answers.blames_address(answer):
            return Verification("unknown", frozenset(), answers.text_of(answer, self._secret()))
        self._raise_for(status, answer)
        verification = answers.verification(answer, self._secret())
        if verification is None:
            raise Unavailable("The verifier answered without a verdict.")
        return verification

    def credits(self) -> int | None:
        """Checks that are paid for. Raises as `check` does."""
        status, answer = self._ask(
            lambda key: f"{self._credits_url}/verifier/getcredits/{quote(key, safe='')}"
        )
        self._raise_for(status, answer)
        number = answers.credit_count(answer)
        if number is None:
            raise Unavailable("The verifier did not tell how many credits are left.")
        return number

    def _secret(self) -> str:
        if self._key is None:
            self._key = self._read_key().strip()
        if not self._key:
            raise Misconfigured("The verifier's key is empty.", hint=_HINT_KEY)
        return self._key

    def _ask(self, address: Callable[[str], str]) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of an answer; after a refused key once more with a key that is new."""
        ends_at = time.monotonic() + self._timeout
        key = self._secret()
        status, answer = _get(address(key), ends_at)
        if status == 401 or answers.is_key_refused(answer):
            self._key = None
            if self._secret() != key:
                status, answer = _get(address(self._secret()), ends_at)
        return status, answer

    def _raise_for(self, status: int, answer: dict[str, Any]) -> None:
        """Raise what a refusal means; an answer without one passes."""
        if answers.is_out_of_credits(answer) or status == 402:
            raise LimitReached("The verifier has no credits left.", hint=_HINT_CREDITS)
        if status in (401, 403) or answers.is_key_refused(answer):
            self._key = None
            raise Misconfigured(
                f"The verifier refuses the key (HTTP {status}): wrong, suspended or bound to a website.",
                hint=_HINT_KEY,
            )
        if status == 429 or answers.is_rate_limited(answer):
            raise Unavailable("The verifier wants fewer checks a minute.")
        if 400 <= status < 500 and status != 408:
            raise Misconfigured(
                f"The verifier does not understand our calls (HTTP {status}).",
                hint="Check the verifier's address with `pivotr settings list`, or update pivotr.",
            )
        if status != 200:
            raise Unavailable(f"The verifier cannot answer now (HTTP {status}).")


def _get(address: str, ends_at: float) -> tuple[int, dict[str, Any]]:
    """One GET; the JSON object of the answer, empty where an answer other than 200 holds none.

    Raises Unavailable, without a trace of the address.
    """
    failure = ""
    status, body = 0, b""
    try:
        status, body = _fetch(address, ends_at)
    except (OSError, http.client.HTTPException, ValueError) as error:
        failure = type(error).__name__
    if failure:  # raised out here: the error must not carry the other one along
        is_late = time.monotonic() >= ends_at
        raise Unavailable(f"The verifier does not answer ({'too late' if is_late else failure}).")
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return status, answer
    if status == 200:
        raise Unavailable("The verifier's answer cannot be read: it is no JSON object.")
    return status, {}


def _fetch(address: str, ends_at: float) -> tuple[int, bytes]:
    """Status and body; over at `ends_at` (monotonic seconds) however slowly the server talks."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    sock = _connect(parts.scheme, parts.hostname or "", parts.port, ends_at)
    connection.sock = sock
    # a time-out of the socket counts from byte to byte only
    watch = threading.Timer(max(0.0, ends_at - time.monotonic()), _cut, (sock,))
    watch.daemon = True
    watch.start()
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", parts.netloc)
        connection.putheader("Accept", "application/json")
        connection.putheader("User-Agent", "pivotr")
        connection.putheader("Connection", "close")
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read(_LARGEST)
    finally:
        watch.cancel()
        connection.close()


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may just have been closed
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # past the TLS layer, which another thread is using


def _connect(scheme: str, host: str, port: int | None, ends_at: float) -> socket.socket:
    until = min(ends_at, time.monotonic() + _CONNECT_SECONDS)
    sock = _dial(host, port or (443 if scheme == "https" else 80), until)
    try:
        if scheme == "https":
            sock.settimeout(max(0.01, until - time.monotonic()))
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        sock.settimeout(max(0.01, ends_at - time.monotonic()))
    except BaseException:
        sock.close()
        raise
    return sock


def _dial(host: str, port: int, until: float) -> socket.socket:
    """Connect to the first address of the host that answers; all of them together have until then."""
    last: OSError = TimeoutError("timed out")
    for family, kind, protocol, _, target in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        left = until - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(left)
        try:
            sock.connect(target)
        except OSError as error:
            sock.close()
            last = error
            continue
        return sock
    raise last
