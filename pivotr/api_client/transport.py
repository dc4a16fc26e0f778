"""One request after another: signed, tried again where that is safe, every error one of `pivotr.errors`."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

from pivotr.api_client.faults import error_of, unreachable
from pivotr.errors import InvalidInput

#: Statuses after which the same request may pass: throttled, or nobody there to answer.
RETRYABLE = frozenset({429, 502, 503, 504})
#: Seconds: to connect, and to wait for an answer. The gateway gives up after 30.
_TIMEOUT = urllib3.Timeout(connect=5.0, read=35.0)
_FIRST_WAIT = 0.3
_LONGEST_WAIT = 10.0


class Signer(Protocol):
    """Adds what proves who calls."""

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """The headers of the request with the proof among them."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its JSON and its ETag (empty where it has none)."""

    data: Any
    etag: str


class Transport:
    """Sends requests to `url`, with or without `/api`. Retries wait 0.3 s, 0.6 s … or as the API asks."""

    def __init__(
        self,
        url: str,
        signer: Signer | None = None,
        *,
        retries: int = 2,
        sleep: Callable[[float], None] = time.sleep,  # noqa: TID251 - a client has no clock port
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidInput(
                f"“{url}” is no address of an API.",
                hint="It begins with https://, as `pivotr outputs` tells it.",
            )
        self._url = url.rstrip("/").removesuffix("/api")
        self._signer = signer
        self._retries = retries
        self._sleep = sleep
        self._pool = pool or urllib3.PoolManager()

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        content: bytes | None = None,
        content_type: str = "application/json",
        if_match: str = "",
        is_keyed: bool = False,
    ) -> Answer:
        """One route's answer. `is_keyed` sends an Idempotency-Key, so that a repeat does nothing twice.

        Raises the class of `pivotr.errors` that the API names, Unavailable where nobody answers.
        """
        data = content if content is not None else b"" if body is None else json.dumps(body).encode()
        headers = {"accept": "application/json"}
        if data:
            headers["content-type"] = content_type
        if if_match:
            headers["if-match"] = if_match
        if is_keyed:
            headers["idempotency-key"] = str(uuid.uuid4())  # noqa: TID251 - a client has no clock port
        said = {name: _written(value) for name, value in (query or {}).items() if value not in (None, "")}
        url = f"{self._url}{path}" + (f"?{urlencode(said)}" if said else "")
        response = self._sent(method, url, headers, data, may_repeat=method == "GET" or is_keyed)
        if response.status >= 400:
            raise error_of(response.status, response.data)
        return Answer(json.loads(response.data or b"null"), response.headers.get("etag", ""))

    def _sent(
        self, method: str, url: str, headers: dict[str, str], body: bytes, *, may_repeat: bool
    ) -> urllib3.BaseHTTPResponse:
        for tried in range(self._retries + 1):
            is_last = not may_repeat or tried == self._retries
            signed = self._signer.sign(method, url, headers, body) if self._signer else headers
            wait = _FIRST_WAIT * 2**tried
            try:
                response = self._pool.request(
                    method, url, body=body or None, headers=signed, timeout=_TIMEOUT, retries=False
                )
            except urllib3.exceptions.HTTPError as error:
                if is_last:
                    raise unreachable(self._url, error, is_lost=not may_repeat) from None
            else:
                if is_last or response.status not in RETRYABLE:
                    return response
                wait = _wait(response.headers.get("retry-after", ""), wait)
            self._sleep(wait)
        raise AssertionError("the last try returns or raises")


def _wait(asked: str, otherwise: float) -> float:
    return min(float(asked) if asked.isdigit() else otherwise, _LONGEST_WAIT)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
