"""The pages of the API on this machine: its document, and Swagger UI. Nothing comes from outside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib.resources import files
from typing import Any

_SWAGGER = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pivotr API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", deepLinking: true, tryItOutEnabled: true, validatorUrl: null
});
"""
_TEXTS = {
    "/docs": (_PAGE, "text/html; charset=utf-8"),
    "/docs/start.js": (_START, "text/javascript; charset=utf-8"),
}
_FILES = {
    "/docs/swagger-ui.js": ("swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"),
    "/docs/swagger-ui.css": ("swagger-ui.min.css", "text/css; charset=utf-8"),
}


class Pages:
    """Finds what a browser asks for; `document` writes the OpenAPI document, once."""

    def __init__(self, document: Callable[[], str]) -> None:
        self._write = document

    @cached_property
    def _document(self) -> str:
        return self._write()

    def find(self, path: str) -> dict[str, Any] | None:
        """The answer for a path, or None where there is no such page."""
        if path == "/":
            return {"statusCode": 307, "headers": {"Location": "/docs"}, "body": ""}
        if path == "/openapi.json":
            return _answer(self._document, "application/json")
        if path in _FILES:
            name, kind = _FILES[path]
            return _answer(_asset(name), kind)
        return _answer(*_TEXTS[path]) if path in _TEXTS else None


def _asset(name: str) -> str:
    return (files(_SWAGGER) / name).read_text(encoding="utf-8")


def _answer(body: str, kind: str) -> dict[str, Any]:
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return {"statusCode": 200, "headers": headers, "body": body}
