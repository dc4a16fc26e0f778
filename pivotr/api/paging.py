"""Pages: a cursor goes on where a page ended. It is opaque, signed, and good for its own query only."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr.api.calls import services
from pivotr.domain.chance import keyed_id
from pivotr.errors import InvalidInput

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=200, description="Most items of a page; there may be fewer.")]
Cursor = Annotated[
    str, Query(max_length=4096, description="The `cursor` of the page before; leave it out for the first.")
]


def unsealed(cursor: str, query: object) -> str:
    """What a cursor of this very query holds; nothing for the first page. Raises InvalidInput."""
    if not cursor:
        return ""
    body, _, mac = cursor.partition(".")
    try:
        inner = base64.urlsafe_b64decode(body.encode("ascii") + b"=" * (-len(body) % 4)).decode()
    except (ValueError, UnicodeError):
        inner = ""
    if not inner or not mac.isascii() or not hmac.compare_digest(_mac(inner, query), mac):
        raise InvalidInput("This cursor does not belong to this query.", hint="Start again without a cursor.")
    return inner


def page(items: Sequence[Any], inner: str | None, query: object) -> dict[str, Any]:
    """A page as it goes out; `inner` is what its cursor holds, nothing where there is no more."""
    if not inner:
        return {"items": list(items), "cursor": None}
    body = base64.urlsafe_b64encode(inner.encode()).decode().rstrip("=")
    return {"items": list(items), "cursor": f"{body}.{_mac(inner, query)}"}


def part(
    found: Sequence[T], key: Callable[[T], str], *, limit: int, cursor: str, query: object
) -> tuple[list[T], str]:
    """Some of what is at hand as a whole, and what the cursor behind them holds.

    Raises InvalidInput where what the cursor stood at is not there any more.
    """
    after = unsealed(cursor, query)
    start = 0
    if after:
        keys = [key(one) for one in found]
        if after not in keys:
            raise InvalidInput("The place of this cursor is gone.", hint="Start again without a cursor.")
        start = keys.index(after) + 1
    some = list(found[start : start + limit])
    return some, key(some[-1]) if start + limit < len(found) else ""


def _mac(inner: str, query: object) -> str:
    return keyed_id("c", services().ports.secrets.lead, f"{query!r}\x1f{inner}")
