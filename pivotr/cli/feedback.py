"""`pivotr feedback`: what the rules say about provider events; nothing is stored."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import console, noun

if TYPE_CHECKING:
    from pivotr.domain.feedback import FeedbackEvent

app = noun("Bounces, complaints and other events.")

#: Names under which a dump of a queue keeps the body of a record.
_BODIES = ("Body", "body", "payload")


@app.callback()
def _noun() -> None:
    """Keeps `classify` a command of its own."""


@app.command("classify")
def classify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="One record body a line, as JSON; stdin for - or none."),
    ] = None,
) -> None:
    """What each record means: its kind, and what is done about whom. Bad lines are answered too."""
    from pivotr.cli.line_files import lines_of, write_json
    from pivotr.domain.feedback import parse_body
    from pivotr.errors import InvalidInput

    if file is None and sys.stdin.isatty():
        raise InvalidInput(
            "There is no file.", hint="Name one, or pipe records in: … | pivotr feedback classify"
        )
    out = console()
    lines = enumerate(_to_the_last(lines_of(file or Path("-"))), start=1)
    events = ((number, parse_body(_body(line))) for number, line in lines)
    if out.wants_json:
        for _, event in events:
            people = [{"email": one.email, "action": one.action} for one in event.recipients]
            write_json(out, {"kind": event.kind, "recipients": people})
        return
    out.table(
        ["line", "kind", "recipients", "of", "detail"],
        [
            (
                number,
                event.kind,
                ", ".join(f"{one.email} ({one.action})" for one in event.recipients),
                event.tags.get("campaign", ""),
                _detail(event),
            )
            for number, event in events
        ],
    )


def _detail(event: FeedbackEvent) -> str:
    """What the provider says, on one line: type and subtype first."""
    kind = " ".join(filter(None, (event.bounce_type, event.bounce_subtype)))
    unknown = event.raw_kind if event.kind == "unknown" else ""
    stored = " ".join(f"s3://{one.bucket}/{one.key}" for one in event.receipt.stored) if event.receipt else ""
    return ": ".join(filter(None, (kind or unknown or stored, event.detail)))[:160]


def _to_the_last(lines: Iterable[str]) -> Iterator[str]:
    """All lines but blank ones at the end: each is answered, so that answers can be laid beside them."""
    blank: list[str] = []
    for line in lines:
        blank.append(line)
        if line.strip():
            yield from blank
            blank.clear()


def _body(line: str) -> str:
    """The record body of a line: a JSON string, or an object that is the body or holds it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return line
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and not {"Type", "eventType", "notificationType"} & value.keys():
        return next((value[name] for name in _BODIES if isinstance(value.get(name), str)), line)
    return line
