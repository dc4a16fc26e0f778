"""The shell of the API on this machine: an ASGI application that builds the event of the gateway.

So what is tried here is what runs behind the gateway. It has the gateway's limits, answers preflights, and
refuses what a web page could do to somebody who serves this without authentication: requests of foreign
origins, and names of this machine that are not its own (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from pivotr.api.app import gateway_answer
from pivotr.api.problems import Refusal, problem_of
from pivotr.api.rendering import SECURITY
from pivotr.api.routing import LARGEST_FILE
from pivotr.api.web_pages import Pages

Scope: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]
Handler: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

#: Bytes of request line and headers together (API Gateway developer guide, "Quotas for HTTP APIs").
LARGEST_HEAD = 10_240
#: Seconds in which a body must have arrived.
_BODY_SECONDS = 20.0
#: Bytes of a body that are taken in before it is refused: most clients listen only when they have sent it.
_HEARD_OUT = 16 * LARGEST_FILE
#: Requests that are answered at the same time.
_THREADS = 8
_MOST_PARAMETERS = 100
_ALLOWED = (
    "authorization, content-type, x-amz-date, x-amz-security-token, x-amz-content-sha256, idempotency-key, "
    "if-match, if-none-match"
)
_EXPOSED = "etag, location, retry-after, x-request-id, idempotency-replayed"
_TEXT = ("text/", "application/json", "application/x-www-form-urlencoded", "application/xml")


@dataclass(frozen=True, slots=True)
class Guest:
    """What the shell serves beside the API: everything below a path, as a function of a gateway event."""

    prefix: str
    handle: Handler


class Shell:
    """An ASGI application; `hosts` are the names that this machine has here, empty for any."""

    def __init__(
        self,
        api: Handler,
        pages: Pages,
        *,
        token: Callable[[], str],
        guests: Sequence[Guest] = (),
        origins: Sequence[str] = (),
        hosts: Sequence[str] = (),
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._api = api
        self._pages = pages
        self._token = token
        self._guests = tuple(guests)
        self._origins = frozenset(origins)
        self._hosts = frozenset(hosts)
        self._body_seconds = body_seconds
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="pivotr-api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            return
        request_id = self._token()
        headers = _headers(scope)
        try:
            answer = await self._answer(scope, headers, receive, request_id)
        except Refusal as refusal:
            answer = gateway_answer(problem_of(refusal, request_id))
            answer["headers"] |= {**SECURITY, "X-Request-Id": request_id, "Cache-Control": "no-store"}
            del answer["headers"]["Strict-Transport-Security"]
        if answer is not None:
            self._add_origin(answer, headers)
            await _write(answer, scope["method"], send)

    async def _answer(
        self, scope: Scope, headers: Mapping[str, str], receive: Receive, request_id: str
    ) -> dict[str, Any] | None:
        method, path = scope["method"], scope["path"]
        head = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if head + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > LARGEST_HEAD:
            raise Refusal(431, "head_too_large", "The headers and the address are too long.")
        self._check_host(headers)
        guest = next((one for one in self._guests if path.startswith(one.prefix)), None)
        if guest is None:
            if method == "OPTIONS" and "access-control-request-method" in headers:
                return self._preflight(headers)
            self._check_origin(scope, headers)
            if method in ("GET", "HEAD") and (page := self._pages.find(path)) is not None:
                return page
        body = await self._body(headers, receive)
        if body is None:
            return None
        event = event_of(scope, headers, body, request_id)
        handle = guest.handle if guest else self._api
        return await asyncio.get_running_loop().run_in_executor(self._pool, handle, event)

    def _check_host(self, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
        if self._hosts and name.lower() not in self._hosts:
            raise Refusal(421, "foreign_host", "This server is not known by that name.", "Use 127.0.0.1.")

    def _check_origin(self, scope: Scope, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin", "")
        own = f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
        if origin and origin != own and origin not in self._origins:
            raise Refusal(
                403, "foreign_origin", "Pages of this origin may not call the API.",
                "Allow it: pivotr api serve --cors ORIGIN",
            )  # fmt: skip

    def _preflight(self, headers: Mapping[str, str]) -> dict[str, Any]:
        """What the gateway answers by itself; without CORS headers for an origin that is not configured."""
        if headers.get("origin") not in self._origins:
            return {"statusCode": 204, "headers": {}, "body": ""}
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE",
            "Access-Control-Allow-Headers": _ALLOWED,
            "Access-Control-Max-Age": "600",
        }
        return {"statusCode": 204, "headers": allowed, "body": ""}

    def _add_origin(self, answer: dict[str, Any], headers: Mapping[str, str]) -> None:
        if not self._origins:
            return
        more = {"Vary": "Origin"}
        if headers.get("origin") in self._origins:
            more |= {
                "Access-Control-Allow-Origin": headers["origin"],
                "Access-Control-Expose-Headers": _EXPOSED,
            }
        answer["headers"] = {**answer["headers"], **more}

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes | None:
        """The whole body, or None where the caller has gone. Raises Refusal: 408, 413."""
        told = headers.get("content-length", "")
        size = int(told) if told.isascii() and told.isdigit() else 0
        if size > _HEARD_OUT or (size > LARGEST_FILE and "expect" in headers):
            raise _too_large()
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(receive)
        except TimeoutError:
            raise Refusal(
                408, "too_slow", "The body did not arrive in time.", headers={"Connection": "close"}
            ) from None
        if size > LARGEST_FILE:
            raise _too_large()
        return body


def event_of(scope: Scope, headers: Mapping[str, str], body: bytes, request_id: str) -> dict[str, Any]:
    """The event of an HTTP API, payload format 2.0 (API Gateway developer guide, "Lambda integrations").

    As there: the path is decoded, the query is not; header names are in lower case, repeated ones joined;
    cookies stand apart; what is no text is base64. Raises Refusal.
    """
    raw_query = scope["query_string"].decode("latin-1")
    query: dict[str, str] = {}
    try:
        for name, value in parse_qsl(raw_query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS):
            query[name] = f"{query[name]},{value}" if name in query else value
    except ValueError:
        raise Refusal(422, "invalid_request", "There are too many parameters.") from None
    plain = {name: value for name, value in headers.items() if name != "cookie"}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{scope['method']} {scope['path']}",
        "rawPath": scope["path"],
        "rawQueryString": raw_query,
        "headers": plain,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "http": {
                "method": scope["method"],
                "path": scope["path"],
                "protocol": f"HTTP/{scope.get('http_version', '1.1')}",
                "sourceIp": (scope.get("client") or ("",))[0],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": f"{scope['method']} {scope['path']}",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = query
    if "cookie" in headers:
        event["cookies"] = [one.strip() for one in headers["cookie"].split(";") if one.strip()]
    if body:
        event["body"], event["isBase64Encoded"] = _as_text(body, headers.get("content-type", ""))
    return event


def _as_text(body: bytes, kind: str) -> tuple[str, bool]:
    if kind.lower().startswith(_TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        separator = "; " if name == "cookie" else ","
        found[name] = f"{found[name]}{separator}{value}" if name in found else value
    return found


async def _read(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_FILE:
            parts.clear()
        else:
            parts.append(part)
        is_whole = not message.get("more_body", False)
        if size > (LARGEST_FILE if is_whole else _HEARD_OUT):
            raise _too_large()
        if is_whole:
            return b"".join(parts)


def _too_large() -> Refusal:
    return Refusal(
        413, "too_large", f"The body is larger than {LARGEST_FILE >> 20} MB.",
        "Import larger files with: pivotr leads import", headers={"Connection": "close"},
    )  # fmt: skip


async def _write(answer: Mapping[str, Any], method: str, send: Send) -> None:
    body = answer.get("body") or ""
    raw = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
    headers = [
        (str(name).lower().encode("latin-1"), str(value).encode("latin-1", "replace"))
        for name, value in answer["headers"].items()
    ]
    headers += [(b"set-cookie", str(one).encode("latin-1")) for one in answer.get("cookies") or ()]
    if answer["statusCode"] not in (204, 304):
        headers.append((b"content-length", str(len(raw)).encode()))
    await send({"type": "http.response.start", "status": answer["statusCode"], "headers": headers})
    is_bare = method == "HEAD" or answer["statusCode"] in (204, 304)
    await send({"type": "http.response.body", "body": b"" if is_bare else raw})
