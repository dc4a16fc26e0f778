"""`pivotr feedback`: what the rules say about provider events; nothing is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pivotr.cli.context import console, noun

app = noun("Bounces, complaints and other events.")

#: Names under which a dump of a queue keeps the body of a record.
_BODIES = ("Body", "body", "payload")


@app.callback()
def _noun() -> None:
    """Keeps `classify` a command of its own."""


@app.command("classify")
def classify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One record body a line, as JSON; - is stdin.")
    ],
) -> None:
    """What each record means: its kind, and what is done about whom."""
    from pivotr.cli.line_files import lines_of, write_json
    from pivotr.domain.feedback import parse_body

    out = console()
    events = (parse_body(_body(line)) for line in lines_of(file) if line.strip())
    if out.wants_json:
        for event in events:
            people = [{"email": one.email, "action": one.action} for one in event.recipients]
            write_json(out, {"kind": event.kind, "recipients": people})
        return
    out.table(
        ["kind", "recipients", "detail"],
        [
            (
                event.kind,
                ", ".join(f"{one.email} ({one.action})" for one in event.recipients),
                event.detail[:100],
            )
            for event in events
        ],
    )


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
