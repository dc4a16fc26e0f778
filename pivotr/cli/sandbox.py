"""`pivotr sandbox`: the emulator of AWS on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import console, noun

if TYPE_CHECKING:
    from pivotr.wiring_sandbox import Sandbox

app = noun("An emulator of AWS on this machine, to rehearse a deployment.")


def _sandbox() -> Sandbox:
    from pivotr import settings
    from pivotr.wiring_sandbox import Sandbox

    return Sandbox(settings.load(os.environ, flags={"env": "sandbox"}))


@app.command("up")
def up(
    python: Annotated[
        Path | None,
        typer.Option(
            "--python", metavar="FILE", help="A Python that has the emulator installed; none is made then."
        ),
    ] = None,
    enforce_iam: Annotated[
        bool, typer.Option("--enforce-iam", help="Refuse what a role does not allow, as AWS does.")
    ] = False,
) -> None:
    """Start the emulator on the loopback address; the first time it is installed, which takes a minute."""
    found = _sandbox().up(python=python, checks_rights=enforce_iam)
    out = console()
    if out.wants_json:
        out.data({"url": found.url, "pid": found.pid, "checks_rights": found.checks_rights})
        return
    out.success(f"The sandbox listens on {found.url}.")
    out.note("Deploy to it: pivotr deploy --env sandbox")


@app.command("down")
def down(
    forget: Annotated[bool, typer.Option("--forget", help="Throw away all that is in it.")] = False,
) -> None:
    """Stop the emulator once it has saved what is in it."""
    was_running = _sandbox().down(forget=forget)
    out = console()
    if out.wants_json:
        out.data({"stopped": was_running})
        return
    out.success("The sandbox is down." if was_running else "The sandbox was not running.")


@app.command("status")
def status() -> None:
    """Whether the emulator runs, and where. Exit code 3 while it does not."""
    from pivotr.errors import NotFound

    found = _sandbox().status()
    if found is None:
        raise NotFound("The sandbox does not run.", hint="Start it with: pivotr sandbox up")
    out = console()
    if out.wants_json:
        out.data({"url": found.url, "pid": found.pid, "checks_rights": found.checks_rights})
        return
    out.facts(
        [
            ("url", found.url),
            ("process", found.pid),
            ("rights", "checked" if found.checks_rights else "not checked"),
        ]
    )


@app.command("verify")
def verify(
    identity: Annotated[
        str, typer.Argument(metavar="DOMAIN", help="What mails come from: a domain, or one address.")
    ],
) -> None:
    """Let the emulator's SES take a domain or an address for verified, without any record in the DNS."""
    _sandbox().verify(identity)
    out = console()
    if out.wants_json:
        out.data({"identity": identity, "is_verified": True})
        return
    out.success(f"The sandbox sends mails from {identity}.")
