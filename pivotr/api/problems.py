"""Every error as a problem document (RFC 9457): status, our code, one sentence, a hint. Nothing internal."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from pivotr import errors

_log = logging.getLogger(__name__)

PROBLEM_JSON = "application/problem+json"
#: A class that is not named here has the status of its nearest base class.
STATUSES: dict[type[errors.PivotrError], int] = {
    errors.PivotrError: 500,
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Changed: 412,
    errors.LimitReached: 429,
    errors.Rejected: 502,
    errors.Unavailable: 503,
    errors.NoAnswer: 504,
    errors.Misconfigured: 500,
}
#: Status → title (RFC 9110, section 15, and RFC 6585); the standard library's differ between its versions.
TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 409: "Conflict", 412: "Precondition Failed", 413: "Content Too Large",
    415: "Unsupported Media Type", 421: "Misdirected Request", 422: "Unprocessable Content",
    428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
#: Status → what is told where more would be about the installation: the log of the API has the rest.
_TOLD = {
    500: ("The installation lacks something that this needs.", "The log of the API names it."),
    502: ("A service that this needs has refused.", "The log of the API says why."),
    503: ("Something that this needs cannot answer now.", "Try again in a moment."),
    504: ("Something that this needs did not answer; perhaps it was done.", "Look before you try again."),
}
#: Seconds after which it is worth trying again.
_RETRY_AFTER = {429: "60", 503: "5"}


class Refusal(Exception):  # noqa: N818
    """A request that no service needs to see: what the door itself says no to."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        hint: str = "",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.hint = hint
        self.headers = dict(headers or {})


def status_of(error: errors.PivotrError) -> int:
    """The status of an error, by its class or the nearest base of it."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem_of(error: Exception, request_id: str) -> Response[Any]:  # noqa: PLR0911 - one for each kind
    """The answer for an error; what nobody foresaw is logged with its trace and told as nothing but a 500."""
    match error:
        case Refusal():
            return problem(
                error.status, error.code, error.sentence, error.hint, request_id, headers=error.headers
            )
        case errors.PivotrError():
            return _of_ours(error, request_id)
        case RequestValidationError():
            return _of_validation(error.errors(), request_id)
        case RequestUnsupportedContentType():
            return problem(
                415, "unsupported_media_type", "The body is not JSON.", "Send application/json.", request_id
            )
    _log.error("unexpected error in request %s", request_id, exc_info=error, extra={"request_id": request_id})
    return problem(
        500, "unexpected", "Something went wrong that should not.",
        "The log of the API has the trace under this request id.", request_id,
    )  # fmt: skip


def problem(
    status: int,
    code: str,
    sentence: str,
    hint: str,
    request_id: str,
    *,
    found: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response[Any]:
    """A problem document; `found` names what is wrong with which part of the request."""
    document: dict[str, Any] = {
        "type": f"urn:pivotr:problem:{code}",
        "title": TITLES[status],
        "status": status,
        "detail": sentence,
        "code": code,
        "hint": hint,
        "request_id": request_id,
    }
    if found:
        document["errors"] = list(found)
    known: dict[str, str | list[str]] = dict(headers or {})
    if status in _RETRY_AFTER:
        known["Retry-After"] = _RETRY_AFTER[status]
    return Response(
        status_code=status,
        content_type=PROBLEM_JSON,
        body=json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n",
        headers=known,
    )


def _of_ours(error: errors.PivotrError, request_id: str) -> Response[Any]:
    status = status_of(error)
    sentence, hint = error.sentence, error.hint
    if status in _TOLD:
        _log.error(
            "%s in request %s: %s %s", error.code, request_id, sentence, hint,
            extra={"request_id": request_id},
        )  # fmt: skip
        sentence, hint = _TOLD[status]
    return problem(status, error.code, sentence, hint, request_id)


def _of_validation(problems: Sequence[Any], request_id: str) -> Response[Any]:
    for one in problems:
        if one["type"] == "json_invalid":
            why = f"{one['ctx']['error']} (character {one['loc'][-1] + 1})"
            return problem(
                400,
                "invalid_json",
                f"The body is not JSON: {why}.",
                "Check its quotes and commas.",
                request_id,
            )
        if (one["type"], tuple(one["loc"])) == ("missing", ("body",)):
            return problem(
                422, "invalid_request", "The body is missing.",
                "Send a JSON object, {} where there is nothing to say.", request_id, found=[_place(one)],
            )  # fmt: skip
    found = [_place(one) for one in problems]
    first = found[0]
    return problem(
        422, "invalid_request", f"{first['in']} {first['pointer']}".strip() + f": {first['detail']}",
        "See /docs of `pivotr api serve` for what this route takes.", request_id, found=found,
    )  # fmt: skip


def _place(error: Mapping[str, Any]) -> dict[str, str]:
    """Where in the request (a JSON pointer within its part) and what is wrong there."""
    part, *rest = [str(one) for one in error["loc"]] or ["body"]
    pointer = "".join("/" + one.replace("~", "~0").replace("/", "~1") for one in rest)
    return {"in": part, "pointer": pointer, "code": str(error["type"]), "detail": str(error["msg"])}
