"""One more check: what the document calls right is never refused for its form."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.check
def form_agrees_with_document(ctx: Any, response: Any, case: Any) -> None:
    """Codes of the door (`invalid_request`, `invalid_json`) are for requests that the document forbids."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code not in (400, 422):
        return
    code = response.json()["code"]
    assert code not in ("invalid_request", "invalid_json"), f"right by the document, refused as {code}"


@schemathesis.serializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def workbook(ctx: Any, value: Any) -> bytes:
    """Bytes as they are: what is no workbook is refused by the import itself."""
    return value if isinstance(value, bytes) else str(value).encode()
