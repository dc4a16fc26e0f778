"""Queue payloads of the sending loop. Jobs may be lost, doubled, or late for ever: the ticket decides."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pivotr.errors import InvalidInput


class VerifyJob(BaseModel):
    """A turn of a sender: find the next lead, check it, hand it on.

    `campaign` is a hint; `done` is the lead just closed, which the index may still show; `tries` counts how
    often this turn has been put off in a row.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["verify"] = "verify"
    sender: str
    ticket: int
    campaign: str
    done: str = ""
    tries: int = 0


class SendJob(BaseModel):
    """A turn of a sender whose lead is known and checked."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["send"] = "send"
    sender: str
    ticket: int
    campaign: str
    lead: str
    step: int
    verdict: str = ""
    verdict_flags: tuple[str, ...] = ()
    verified_at: str = ""
    #: Who gets a copy: addresses of the sender's that nothing suppresses.
    cc: tuple[str, ...] = ()
    tries: int = 0


def parse_verify(body: str) -> VerifyJob:
    """A VerifyJob from a queue record. Raises InvalidInput."""
    try:
        return VerifyJob.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInput(
            "This record is not a VerifyJob.", hint="Look at it with: pivotr dlq peek QUEUE"
        ) from error


def parse_send(body: str) -> SendJob:
    """A SendJob from a queue record. Raises InvalidInput."""
    try:
        return SendJob.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInput(
            "This record is not a SendJob.", hint="Look at it with: pivotr dlq peek QUEUE"
        ) from error
