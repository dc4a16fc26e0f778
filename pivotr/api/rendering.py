"""What goes out: JSON in which the same thing always reads the same, entity tags, and the headers of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any, TypeAlias

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

from pivotr.domain.instants import to_text

Answer: TypeAlias = Response[Any]

#: On every answer (OWASP, "REST Security Cheat Sheet"); the gateway serves https only.
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}


def answer(value: Any, *, status: int = 200, tag: str = "", location: str = "", cache: str = "") -> Answer:
    """A JSON answer; `tag` is the entity tag that a change has to name, `cache` how long it may be kept."""
    headers: dict[str, str | list[str]] = {"Cache-Control": cache or "no-store"}
    if tag:
        headers["ETag"] = tag
    if location:
        headers["Location"] = location
    return Response(
        status_code=status, content_type="application/json", body=json_text(value) + "\n", headers=headers
    )


def json_text(value: Any) -> str:
    """A value as JSON; sets are sorted, instants are texts."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line for each kind of value
    """A value as JSON knows it."""
    match value:
        case BaseModel():
            return plain({name: getattr(value, name) for name in type(value).model_fields})
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case set() | frozenset():
            return sorted(plain(one) for one in value)
        case list() | tuple():
            return [plain(one) for one in value]
        case datetime():
            return to_text(value)
        case bytes():
            return value.decode("utf-8", "replace")
    return value


def entity_tag(*parts: object) -> str:
    """A strong entity tag of what the parts say."""
    digest = hashlib.sha256("\x1f".join(json_text(part) for part in parts).encode()).hexdigest()
    return f'"{digest[:20]}"'
