"""Errors of the API as the classes of `pivotr.errors`: what is caught locally is caught here too."""

from __future__ import annotations

import json
from typing import Any

import urllib3

from pivotr import errors

#: Code of a problem → class; the codes are those that the classes themselves carry.
CLASSES: dict[str, type[errors.PivotrError]] = {
    kind.code: kind
    for kind in (
        errors.InvalidInput,
        errors.NotFound,
        errors.Conflict,
        errors.Changed,
        errors.LimitReached,
        errors.Rejected,
        errors.Unavailable,
        errors.NoAnswer,
        errors.Misconfigured,
    )
}
#: Status → class where the code is the door's own, or the gateway answered without our code.
_OF_STATUS: dict[int, type[errors.PivotrError]] = {
    400: errors.InvalidInput, 401: errors.Misconfigured, 403: errors.Rejected, 404: errors.NotFound,
    405: errors.InvalidInput, 409: errors.Conflict, 412: errors.Changed, 413: errors.InvalidInput,
    415: errors.InvalidInput, 422: errors.InvalidInput, 428: errors.InvalidInput, 429: errors.LimitReached,
    502: errors.Unavailable, 503: errors.Unavailable, 504: errors.NoAnswer,
}  # fmt: skip
#: Status → sentence and hint where the gateway answered without our code.
_OF_GATEWAY = {
    401: ("The API does not know who you are.", "Sign in again, or check PIVOTR_API_TOKEN."),
    403: ("The API does not let you in.", "Ask an administrator for access, and check your AWS credentials."),
    404: ("There is no API at this address.", "Check PIVOTR_API_URL; `pivotr outputs` tells it."),
    413: ("The request is too large.", "Send less at once."),
    429: ("The API gets too many requests at once.", "Wait a moment and try again."),
}


def error_of(status: int, body: bytes) -> errors.PivotrError:
    """The error of an answer of 400 and above: problem details, or what a gateway says by itself."""
    problem = _parsed(body)
    kind = _OF_STATUS.get(status, errors.PivotrError)
    if "detail" in problem and "code" in problem:
        kind = CLASSES.get(str(problem["code"]), kind)
        return kind(str(problem["detail"]), hint=str(problem.get("hint", "")))
    sentence, hint = _OF_GATEWAY.get(status, (f"The API answered with status {status}.", "Try again later."))
    return kind(sentence, hint=hint)


def unreachable(url: str, error: urllib3.exceptions.HTTPError, *, is_lost: bool) -> errors.Unavailable:
    """Nobody answered; `is_lost` where the request may have been done all the same."""
    never_arrived = isinstance(
        error, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    )
    if is_lost and not never_arrived:
        return errors.NoAnswer(
            f"The API at {url} did not answer; perhaps it did what was asked.",
            hint="Look before you try again.",
        )
    return errors.Unavailable(
        f"The API at {url} cannot be reached.", hint="Check the address, PIVOTR_API_URL, and the network."
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
