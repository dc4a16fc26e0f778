"""What every command shares: the options that go anywhere, the services, the console, who is at the keyboard.

A command is three moves: parse, one call of a service, render.

    app = noun("Mailboxes that mails are sent from.")

    @app.command("list")
    def list_() -> None:
        \"\"\"All senders.\"\"\"
        found = services().senders.all()
        out = console()
        if out.wants_json:
            return out.data(found)
        out.table(["address", "cap"], [(one.address, one.cap) for one in found])

Nothing beyond the standard library and typer may be imported at the top of a file of this package.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli.console import Console
from pivotr.names import ENV_ENVIRONMENT

if TYPE_CHECKING:
    from pivotr.wiring import Services

#: `--yes` of a command that destroys something; hand it to `confirm`.
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
#: The same of a command that is asked about where it reaches people only.
YesInProduction = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; only production asks.")]


class Told(KeyboardInterrupt):
    """A Ctrl-C of which the operator has been told what it means."""


@dataclass
class Invocation:
    """One run of the command line, from its first word to its exit code."""

    env: str | None = None
    wants_json: bool = False
    is_verbose: bool = False
    services: Services | None = None
    console: Console | None = None


_current = Invocation()


def begin() -> Invocation:
    """A new invocation; what the one before has left open must have been closed with `end`."""
    global _current  # noqa: PLW0603
    _current = Invocation()
    return _current


def end() -> None:
    """Close what the command has opened."""
    if _current.services is not None:
        _current.services.ports.close()
        _current.services = None


def invocation() -> Invocation:
    """The present invocation."""
    return _current


def services() -> Services:
    """The services of the chosen environment, connected once a command. Raises Misconfigured."""
    return _current.services or connect()


def connect(*, is_rehearsal: bool = False, **flags: Any) -> Services:
    """Connect anew, with settings of the command in place of the environment's. Raises Misconfigured.

    A rehearsal writes nothing: where there is no data folder yet, none is made.
    """
    from pivotr import settings, wiring
    from pivotr.cli.logs_to_stderr import listen

    end()
    listen(is_verbose=_current.is_verbose)
    chosen = settings.load(os.environ, flags={"env": _current.env, **flags})
    if chosen.api_url:
        from pivotr.wiring_remote import connect_remote

        _current.services = connect_remote(chosen, os.environ)
    else:
        _current.services = wiring.connect(chosen, is_rehearsal=is_rehearsal)
    return _current.services


def console() -> Console:
    """Where this command writes."""
    if _current.console is None:
        _current.console = Console(sys.stdout, sys.stderr, wants_json=_current.wants_json)
    _current.console.wants_json = _current.wants_json
    _current.console.env = _current.env
    return _current.console


def actor() -> str:
    """Who is at the keyboard, for log entries: the name of the operating system's user."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def confirm(question: str, *, yes: bool) -> None:
    """Return when the operator agrees. Raises InvalidInput where nobody can be asked, typer.Abort on a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        from pivotr.errors import InvalidInput

        raise InvalidInput("This needs a yes, and there is nobody to ask.", hint="Add --yes.")
    out = console()
    out.stderr.write(f"{question} [y/N] ")
    out.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def noun(help_text: str) -> typer.Typer:
    """The group of commands of one noun."""
    return typer.Typer(help=help_text, add_completion=False, rich_markup_mode=None)


def _env(value: str | None) -> None:
    if value:
        _current.env = value


def _json(value: bool) -> None:  # noqa: FBT001
    _current.wants_json |= value


def _verbose(value: bool) -> None:  # noqa: FBT001
    _current.is_verbose |= value


def shared(
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            expose_value=False,
            callback=_env,
            help=f"local (default), sandbox, dev or production; also {ENV_ENVIRONMENT}.",
        ),
    ] = None,
    json: Annotated[
        bool,
        typer.Option(
            "--json", expose_value=False, callback=_json, help="JSON on stdout, in place of tables."
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", "-v", expose_value=False, callback=_verbose, help="Debug log and traces on stderr."
        ),
    ] = False,
) -> None:
    """The options that are understood before and after every command: declared here and nowhere else."""
