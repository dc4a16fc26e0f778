"""`pivotr run`: drives the embedded environment in the foreground until it is told to stop."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import console, noun, services

if TYPE_CHECKING:
    from pivotr.cli.run_view import View
    from pivotr.functions.local import RunnerState

app = noun("Send: drive the embedded environment in the foreground.")


@app.command("run")
def run(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="Leave when no campaign runs and nothing is left to do.")
    ] = False,
    for_seconds: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Leave after so long.")
    ] = None,
) -> None:
    """Send what is due: verify, send, take in feedback, until Ctrl-C. Everything is stored at every step.

    Ctrl-C finishes what is being sent and leaves; a second one leaves at once. Nothing is lost either way.
    """
    from pivotr.cli.run_view import view_for
    from pivotr.domain.instants import to_text
    from pivotr.errors import InvalidInput
    from pivotr.wiring import run_lock
    from pivotr.wiring_remote import refuse_remote

    connected = services()
    refuse_remote(connected.settings)
    if connected.settings.env != "local":
        raise InvalidInput(
            "`pivotr run` drives the local environment; the others run by themselves.",
            hint="Use --env local.",
        )
    out = console()
    with run_lock(connected.settings) as lock:
        lock.acquire(to_text(connected.ports.clock.now()), os.getpid())
        view = view_for(connected, out)
        state, was_interrupted = drive(view, until_idle=until_idle, for_seconds=for_seconds)
    if out.wants_json:
        out.data({"handled": state.handled, "failed": state.failed, "last_error": state.last_error})
    if was_interrupted:
        raise typer.Exit(130)


def drive(
    view: View, *, until_idle: bool = False, for_seconds: float | None = None
) -> tuple[RunnerState, bool]:
    """Run until idle, until the time is up or a signal comes; returns the counts, and if it was Ctrl-C."""
    import threading

    from pivotr.cli.signals import stop_on_signals
    from pivotr.functions.local import LocalRunner

    stop = threading.Event()
    timer = threading.Timer(for_seconds, stop.set) if for_seconds is not None else None
    runner = LocalRunner(services())
    with stop_on_signals(stop, on_first=view.is_stopping) as signalled, view:
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            runner.run(stop, until_idle=until_idle, on_tick=view.tick)
        finally:
            if timer is not None:
                timer.cancel()
    return runner.state, signalled.interrupted
