"""The call that is being answered: who calls, with which services. Set by `app`, read by the routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pivotr.api.problems import Refusal
from pivotr.errors import Misconfigured

if TYPE_CHECKING:
    from pivotr.api.callers import Caller
    from pivotr.wiring import Services


@dataclass(frozen=True, slots=True)
class Call:
    """One request; names of headers are in lower case."""

    services: Services
    caller: Caller
    request_id: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = ""


_present: ContextVar[Call] = ContextVar("pivotr_call")


@contextmanager
def answering(call: Call) -> Iterator[None]:
    """The call is the present one of this thread."""
    token = _present.set(call)
    try:
        yield
    finally:
        _present.reset(token)


def present() -> Call:
    """The present call."""
    return _present.get()


def services() -> Services:
    """The services of the present call."""
    return _present.get().services


def actor() -> str:
    """Who calls, for log entries."""
    return _present.get().caller.actor


@contextmanager
def telling_what_is_lacking() -> Iterator[None]:
    """What the installation lacks for this is told to the caller, who asked for it and may see to it."""
    try:
        yield
    except Misconfigured as error:
        raise Refusal(409, error.code, error.sentence, error.hint) from None


def check_match(tag: str) -> None:
    """Refuse a change of something that is not any more what the caller has read (RFC 9110, section 13.1.1).

    `tag` is the entity tag of what is stored now. Raises Refusal: 428 without If-Match, 412 for an old tag.
    """
    given = _present.get().headers.get("if-match", "").strip()
    if not given:
        raise Refusal(
            428, "precondition_required", "A change needs the header If-Match.",
            "Read it first and send its ETag back: If-Match: \"…\"",
        )  # fmt: skip
    if given != "*" and tag not in (one.strip() for one in given.split(",")):
        raise Refusal(
            412, "changed", "Somebody else has changed this since it was read.",
            "Read it again, and change what is there now.",
        )  # fmt: skip


def is_known(tag: str) -> bool:
    """Whether the caller has what is stored now: weak comparison (RFC 9110, section 13.1.2)."""
    given = _present.get().headers.get("if-none-match", "").strip()
    return given == "*" or tag in (one.strip().removeprefix("W/") for one in given.split(","))
