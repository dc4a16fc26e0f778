"""unsubscribe: the link in a mail. A look changes nothing, a POST suppresses at once (RFC 8058).

Event and answer have the shape of an HTTP API, payload format 2.0. Programs that follow links only to look at
them send GET or HEAD; mail programs and the page's button post. Tokens are not logged.
"""

from __future__ import annotations

import base64
import binascii
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from pivotr.domain.unsubscribe_pages import CONTENT_SECURITY_POLICY, Page, language_of, page
from pivotr.errors import NotFound

if TYPE_CHECKING:
    from pivotr.wiring import Services

_log = logging.getLogger(__name__)

_STATUS: dict[Page, int] = {"ask": 200, "done": 200, "unknown": 404, "later": 503}
_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store, max-age=0",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "strict-transport-security": "max-age=31536000",
    "vary": "Accept-Language",
}
_METHODS = ("GET", "HEAD", "POST")


def handle(event: dict[str, Any], services: Services) -> dict[str, Any]:
    """Answer one request for `/u/{token}`. Whatever happens the reader gets a page, and no detail of ours."""
    method = str(event.get("requestContext", {}).get("http", {}).get("method", "GET")).upper()
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    language = language_of(headers.get("accept-language", ""))
    if method not in _METHODS:
        return {"statusCode": 405, "headers": {**_HEADERS, "allow": ", ".join(_METHODS)}, "body": ""}
    kind, sender = _answer(method, event, services)
    answer: dict[str, Any] = {
        "statusCode": _STATUS[kind],
        "headers": {**_HEADERS, "content-language": language},
        "body": "" if method == "HEAD" else page(kind, language=language, sender=sender),
    }
    if kind == "later":
        answer["headers"]["retry-after"] = "120"
    return answer


def _answer(method: str, event: dict[str, Any], services: Services) -> tuple[Page, str]:
    """Which page it is, and in whose name."""
    token = _token(event)
    try:
        sender = services.unsubscribing.sender_of(token)
        if method == "POST":
            services.unsubscribing.unsubscribe(token, by=_by(event))
    except NotFound:
        return "unknown", ""
    except Exception as error:
        # its text may name tables or people: the page says nothing of it, the log keeps the trace
        _log.exception("a request to unsubscribe failed: %s", type(error).__name__)
        return "later", ""
    return ("done" if method == "POST" else "ask"), sender


def _token(event: dict[str, Any]) -> str:
    """The token of the path; what a mail program has taken from the sentence around a link goes."""
    given = (event.get("pathParameters") or {}).get("token")
    path = str(given) if given else str(event.get("rawPath", "")).rpartition("/u/")[2]
    return unquote(path).strip().strip("<>()[].,;:!'\"/")


def _by(event: dict[str, Any]) -> str:
    """`page` for the button, `one-click` for whatever else posts: nobody who wants out is sent away."""
    body = str(event.get("body") or "")[:2000]
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode("ascii", "replace")
        except (binascii.Error, ValueError):
            body = ""
    return "page" if parse_qs(body).get("by") == ["page"] else "one-click"
