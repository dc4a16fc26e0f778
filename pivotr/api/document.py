"""The OpenAPI 3.1 document: requests as Powertools reads them, answers and errors as promised."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pivotr import __version__
from pivotr.api.examples import EXAMPLES, FILE
from pivotr.api.problems import TITLES
from pivotr.api.routing import JSON, Facts

_SCHEMAS = "#/components/schemas/"
_DESCRIPTION = (
    "Personal business mail at a human pace. Every error is a problem document (RFC 9457) with a "
    "stable `code` and a `hint`. What can be changed has an `ETag`; send it back as `If-Match`. Lists come "
    "in pages: go on with `cursor` until it is null."
)
#: Who calls, where it is asked: a deployment has one of these, or asks nobody.
_SECURITY: list[dict[str, list[str]]] = [{}, {"iam": []}, {"jwt": []}]
_SCHEMES = {
    "iam": {
        "type": "apiKey", "name": "Authorization", "in": "header",
        "description": "AWS Signature Version 4, service `execute-api`.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}  # fmt: skip
_ERRORS = {
    400: "The body is not JSON.",
    401: "Nobody knows who is calling.",
    403: "The caller's role does not allow this.",
    404: "There is no such thing.",
    409: "Its present state does not allow this.",
    412: "Somebody else has changed it since it was read.",
    413: "The body is too large.",
    415: "The body is of another media type.",
    422: "The request cannot be used as it is.",
    428: "The header If-Match is missing.",
    429: "Too many requests, or a limit is used up.",
    431: "Address and headers are longer than 10,240 bytes.",
    500: "Something went wrong that should not.",
    503: "Something that this needs cannot answer now.",
}
_CODES = {
    400: "invalid_json", 401: "unauthorized", 403: "forbidden", 404: "not_found", 409: "conflict",
    412: "changed", 413: "too_large", 415: "unsupported_media_type", 422: "invalid_request",
    428: "precondition_required",
    429: "limit_reached", 431: "head_too_large", 500: "unexpected", 503: "unavailable",
}  # fmt: skip


def document_text() -> str:
    """The document as JSON, always the same for the same code."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


@cache
def document() -> dict[str, Any]:
    """The document."""
    from pivotr.api.app import resolver_of  # noqa: PLC0415 - the app is wanted only where this is written
    from pivotr.api.functions import all_nouns  # noqa: PLC0415

    nouns = all_nouns()
    written: dict[str, Any] = json.loads(
        resolver_of(nouns).get_openapi_json_schema(
            title="Pivotr", version=__version__, description=_DESCRIPTION
        )
    )
    schemas = {**written["components"]["schemas"], **_answers()}
    for name in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(name, None)
    paths: dict[str, Any] = {}
    for facts in (one for noun in nouns for one in noun.facts):
        operation = written["paths"][facts.path][facts.method.lower()]
        paths.setdefault(facts.path, {})[facts.method.lower()] = _operation(facts, operation)
    return {
        "openapi": written["openapi"],
        "info": written["info"],
        "servers": [{"url": "/"}],
        "security": _SECURITY,
        "tags": [{"name": name} for name in dict.fromkeys(noun.tag for noun in nouns)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {f"Problem{status}": _error(status) for status in _ERRORS},
            "securitySchemes": _SCHEMES,
        },
    }


def _answers() -> dict[str, Any]:
    from pydantic.json_schema import models_json_schema  # noqa: PLC0415

    from pivotr.api.answers.catalogue import MODELS  # noqa: PLC0415

    models = [(model, "serialization") for model in MODELS.values()]
    _, schemas = models_json_schema(models, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    found: dict[str, Any] = schemas["$defs"]
    for name, schema in found.items():
        # whatever has a default is there all the same: answers leave nothing out
        for part in schema.get("properties", {}).values():
            part.pop("default", None)
        if "properties" in schema and name != "Problem":
            schema["required"] = list(schema["properties"])
    return found


def _operation(facts: Facts, operation: dict[str, Any]) -> dict[str, Any]:
    role = f"Needs the role `{facts.role}`." if facts.role else "Open to everybody."
    parts = {
        **operation,
        "description": "\n\n".join(one for one in (facts.description, role) if one),
        "x-pivotr-role": facts.role or "anybody",
        "parameters": [*operation.get("parameters", ()), *_headers(facts)],
        "responses": _responses(facts),
    }
    if not parts["parameters"]:
        del parts["parameters"]
    if facts.role is None:
        parts["security"] = []
    if facts.media and facts.media != (JSON,):
        content = {
            media: {"schema": {"type": "string", "format": "binary"}, "example": FILE}
            for media in facts.media
        }
        parts["requestBody"] = {"required": True, "content": content}
    return parts


def _headers(facts: Facts) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if facts.needs_match:
        found.append(
            _header("If-Match", "The ETag of what was read; `*` for whatever is there.", '"3"', required=True)
        )
    if facts.is_repeatable:
        text = (
            "A key of the caller's choice: the same request again is not done again, its answer comes again."
        )
        found.append(
            _header("Idempotency-Key", text, "0d6c1b4e-6a4f-4f0e-9d1c-2f1f6b8f7a11", pattern="^[ -~]+$")
        )
    if facts.tag == "metrics":
        found.append(
            _header(
                "If-None-Match", "The ETag of what is known: 304 where it has not changed.", '"3"', longest=0
            )
        )
    return found


def _header(
    name: str, text: str, example: str, *, required: bool = False, pattern: str = "", longest: int = 255
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if longest:
        schema |= {"minLength": 1, "maxLength": longest}
    if pattern:
        schema["pattern"] = pattern
    return {
        "name": name, "in": "header", "required": required, "description": text, "schema": schema,
        "example": example,
    }  # fmt: skip


def _responses(facts: Facts) -> dict[str, Any]:
    name = facts.answer.strip("[]")
    schema: dict[str, Any] = {"$ref": _SCHEMAS + _schema_name(name)}
    example: Any = EXAMPLES[name]
    if facts.answer.startswith("["):
        schema = {
            "type": "object",
            "required": ["items", "cursor"],
            "additionalProperties": False,
            "properties": {
                "items": {"type": "array", "items": schema},
                "cursor": {"type": ["string", "null"], "description": "Goes on; null at the end."},
            },
        }
        example = {"items": [example], "cursor": None}
    done: dict[str, Any] = {
        "description": "Done.", "content": {JSON: {"schema": schema, "example": example}},
    }  # fmt: skip
    headers = {"X-Request-Id": {"schema": {"type": "string"}}}
    if facts.has_tag:
        headers["ETag"] = {"schema": {"type": "string"}}
    if facts.status == 201 and facts.has_tag:
        headers["Location"] = {"schema": {"type": "string"}}
    found = {str(facts.status): {**done, "headers": headers}}
    if facts.tag == "metrics":
        found["304"] = {"description": "Nothing has changed.", "headers": headers}
    problems = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"}
        for status in sorted(_statuses(facts))
    }
    return found | problems


def _statuses(facts: Facts) -> set[int]:
    found = {422, 429, 431, 500, 503, *facts.errors}
    if "{" in facts.path:
        found.add(404)
    if facts.role:
        found |= {401, 403}
    if facts.media:
        found |= {400, 413, 415}
    if facts.needs_match:
        found |= {412, 428}
    if facts.is_repeatable:
        found.add(409)
    return found


def _error(status: int) -> dict[str, Any]:
    code = _CODES[status]
    example = {
        "type": f"urn:pivotr:problem:{code}", "title": TITLES[status], "status": status,
        "detail": _ERRORS[status], "code": code, "hint": "What helps stands here.",
        "request_id": "JKJaXmPLvHcESHA=",
    }  # fmt: skip
    content = {"application/problem+json": {"schema": {"$ref": f"{_SCHEMAS}Problem"}, "example": example}}
    return {"description": _ERRORS[status], "content": content}


def _schema_name(name: str) -> str:
    from pivotr.api.answers.catalogue import MODELS  # noqa: PLC0415

    return MODELS[name].__name__
