"""`pivotr backup`: all data of the embedded environment in one file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pivotr.cli.context import console, invocation, noun

app = noun("Copy all data, keys and the outbox into one file.")


@app.command("backup")
def backup(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A new file; without it one named after the instant, here."),
    ] = None,
) -> None:
    """Copy all data, keys and the outbox into one file, also while `pivotr run` works.

    The file holds personal data and the keys: only you can read it, and it belongs on an encrypted disk.
    """
    from pivotr import settings
    from pivotr.cli.words import counted
    from pivotr.wiring import backups
    from pivotr.wiring_remote import refuse_remote

    chosen = settings.load(os.environ, flags={"env": invocation().env})
    refuse_remote(chosen)
    made = backups(chosen).write(file)
    out = console()
    if out.wants_json:
        out.data(made)
        return
    out.text(made.path)
    out.success(
        f"Data, keys and {counted(made.mails, 'mail')} of the outbox are in it; only you can read it."
    )
    out.note(f"Put it back with: pivotr restore {made.path}")
