"""`pivotr restore`: put a backup back. What it does not know of must not be sent again by itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import actor, console, invocation, noun

if TYPE_CHECKING:
    from pivotr.domain.campaigns import Campaign
    from pivotr.settings import Settings

app = noun("Put a backup back; campaigns are paused by it.")


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `pivotr backup` has made.")],
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Where there is data already: keep it aside, in a folder beside."),
    ] = False,
) -> None:
    """Put a backup back, whole or not at all. Every campaign that was running in it is paused.

    Mails that left after the backup are not known to it and would be sent again: see who had one (outbox,
    server's log, provider) before you resume, and take them out with `pivotr campaign remove`.
    """
    from pivotr import settings
    from pivotr.cli.words import counted
    from pivotr.domain.instants import to_text
    from pivotr.wiring import backups, run_lock
    from pivotr.wiring_remote import refuse_remote

    chosen = settings.load(os.environ, flags={"env": invocation().env})
    refuse_remote(chosen)
    archives = backups(chosen)
    out = console()
    paused: list[Campaign] = []
    with run_lock(chosen) as lock:
        lock.acquire(to_text(archives.now), os.getpid())
        restored, kept = archives.restore(
            file,
            is_replacing=replace,
            prepare=lambda folder, made: paused.extend(_paused(chosen, folder, _words(made.made_at))),
        )
    if out.wants_json:
        out.data({"restored": restored, "paused": [one.id for one in paused], "kept_aside": str(kept or "")})
        return
    mails = counted(restored.mails, "mail")
    out.success(f"The state of {_words(restored.made_at)} is back, with {mails} of the outbox.")
    if kept:
        out.note(f"What was here before is in {kept}; it holds personal data: delete it when you are sure.")
    for campaign in paused:
        out.warn(f"“{campaign.name}” is paused: the backup does not know what was sent since.")
        out.note(f"  Take out who had a mail: pivotr campaign remove {campaign.id} ADDRESS")
        out.note(f"  Then: pivotr campaign resume {campaign.id} --acknowledge")


def _paused(chosen: Settings, folder: Path, made_at: str) -> list[Campaign]:
    """Pause what was running, before it is where `pivotr run` would go on with it."""
    from pivotr.wiring import connect

    unpacked = connect(chosen.model_copy(update={"home": folder}))
    try:
        return unpacked.transitions.pause_all(
            reason=f"restored: the backup of {made_at} does not know what was sent since", actor=actor()
        )
    finally:
        unpacked.ports.close()


def _words(made_at: str) -> str:
    from pivotr.domain.instants import from_text

    return f"{from_text(made_at):%-d %b %Y %H:%M} (UTC)"
