"""`pivotr doctor`: look at an environment, a line for each finding."""

from __future__ import annotations

import os

import typer

from pivotr.cli.context import console, invocation, noun

app = noun("Check an environment and say what to mend.")

_MARKS = {"ok": "ok", "warning": "warning", "failure": "FAILURE"}


@app.command("doctor")
def doctor() -> None:
    """Check an environment and say what to mend. Exit code 1 when something fails."""
    from pivotr import settings, wiring_doctor
    from pivotr.cli.logs_to_stderr import listen
    from pivotr.domain.checkups import worst
    from pivotr.wiring_remote import refuse_remote

    listen(is_verbose=invocation().is_verbose)
    chosen = settings.load(os.environ, flags={"env": invocation().env})
    refuse_remote(chosen)
    lines = list(wiring_doctor.doctor(chosen).lines())
    level = worst(lines)
    out = console()
    if out.wants_json:
        out.data({"env": chosen.env, "worst": level, "findings": lines})
    else:
        out.table(["", "what", "how it is"], [(_MARKS[one.level], one.subject, one.says) for one in lines])
        for one in lines:
            if one.advice:
                out.note(f"{one.subject}: {one.advice}")
    if level == "failure":
        raise typer.Exit(1)
