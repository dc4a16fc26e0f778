"""Problems, dead letters, settings, health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pivotr.api.answers.out import Out


class ProblemPlace(Out):
    """What is wrong with which part of the request; `pointer` is a JSON pointer within it."""

    place: str = Field(alias="in", description="body, query, path or header")
    pointer: str
    code: str
    detail: str


class Problem(Out):
    """An error (RFC 9457). `code` is stable, `detail` one sentence, `hint` what helps."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str
    request_id: str
    errors: list[ProblemPlace] | None = None


class Queue(Out):
    """A queue and its dead letters."""

    queue: str
    waiting: int
    delayed: int
    in_flight: int
    dead: int


class Queues(Out):
    """Every queue."""

    items: list[Queue]


class DeadLetter(Out):
    """A record that failed too often."""

    id: str
    body: str


class DeadLetters(Out):
    """Some dead letters of a queue."""

    items: list[DeadLetter]


class Redriven(Out):
    """How many dead letters were put back."""

    queue: str
    redriven: int


class Purged(Out):
    """How many dead letters were thrown away."""

    queue: str
    purged: int


class Setting(Out):
    """An operator setting; `actor` and `at` say who set it and when."""

    key: str
    value: str | bool | int | float
    default: str | bool | int | float
    help: str
    is_set: bool
    actor: str
    at: str


class Settings(Out):
    """Every operator setting."""

    items: list[Setting]


class Health(Out):
    """The API answers."""

    status: Literal["ok"]
    version: str
    environment: str
