"""`pivotr transfer`: from this machine to an environment in AWS, once the laptop is outgrown."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pivotr.cli.context import Yes, actor, confirm, console, noun, services

app = noun("Move everything to an environment in AWS that is new.")


@app.command("transfer")
def transfer(
    target: Annotated[
        str,
        typer.Option("--to", metavar="NAME", help="dev, production or sandbox; deployed, and still empty."),
    ],
    yes: Yes = False,
) -> None:
    """Copy leads, lists, log, metrics, templates, senders, settings and keys to an environment in AWS.

    Campaigns that run here are paused first and go on there once you resume them there: never in both. What
    is here stays as it is. Repeat an interrupted transfer: it goes on.
    """
    from pivotr.cli.words import counted
    from pivotr.domain.instants import to_text
    from pivotr.wiring import run_lock
    from pivotr.wiring_remote import refuse_remote
    from pivotr.wiring_transfer import transferring

    connected = services()
    refuse_remote(connected.settings)
    move = transferring(connected, target, os.environ, actor=actor())
    move.check()
    confirm(
        f"Copy everything to {target}? Campaigns that run here are paused, and go on there only.", yes=yes
    )
    out = console()
    with run_lock(connected.settings) as lock:
        lock.acquire(to_text(connected.ports.clock.now()), os.getpid())
        done = move.run(lambda table, count: out.note(f"{table}: {counted(count, 'item')}"))
    if out.wants_json:
        out.data(done)
        return
    out.success(f"Everything is in {target}.")
    out.note(f"Check it: pivotr metrics audit --env {target}")
    for campaign in done.paused:
        out.note(f"Go on there: pivotr campaign resume {campaign} --acknowledge --env {target}")
    out.note("From now on use that environment only; put PIVOTR_ENV into .env.")
