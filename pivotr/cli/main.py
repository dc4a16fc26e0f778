"""The `pivotr` command: its nouns, and the one boundary where errors become sentences and exit codes."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from pivotr import __version__
from pivotr.cli import context
from pivotr.cli.exit_codes import FAILURE, INTERRUPTED, OK, USAGE, exit_code
from pivotr.errors import PivotrError

#: Command → its line in `pivotr --help`. Each is `app` of pivotr/cli/{command}.py, loaded when it is used.
COMMANDS = {
    "leads": "Import, look at and change leads.",
    "list": "Lists of leads.",
    "template": "Templates of mails.",
    "sender": "Mailboxes that mails are sent from.",
    "campaign": "Create, start, watch and stop campaigns.",
    "run": "Send: drive the embedded environment in the foreground.",
    "metrics": "Counters of campaigns and of the account.",
    "logs": "What happened, entry by entry.",
    "suppress": "Addresses that are never written to.",
    "feedback": "Bounces, complaints and other events.",
    "dlq": "Jobs that failed too often.",
    "settings": "What a deployment and an operator have set.",
    "demo": "A whole campaign on sample data, in a folder of its own.",
}


class Commands(TyperGroup):
    """The root: knows the names of its commands and loads only the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """All commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name; unknown ones are a usage error with the nearest known name."""
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            ctx.fail(f"There is no command “{cmd_name}”." + (f" Did you mean “{near[0]}”?" if near else ""))
        module = importlib.import_module(f"pivotr.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        context.share_options(command)
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The commands in `--help`, without loading any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(value: bool) -> None:  # noqa: FBT001
    if value:
        context.console().text(f"pivotr {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    """Personal business mail at a human pace, from your own AWS account."""


def root() -> Any:
    """The root command, ready to be invoked."""
    app = typer.Typer(
        cls=Commands, callback=_root, invoke_without_command=True, add_completion=False, rich_markup_mode=None
    )
    command = typer.main.get_command(app)
    context.share_options(command)
    return command


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing but the interpreter's own end is raised."""
    context.begin()
    try:
        try:
            _invoke(list(arguments))
            sys.stdout.flush()
        finally:
            context.end()
    except (Exception, KeyboardInterrupt) as error:
        return _told(error)
    return OK


def _told(error: BaseException) -> int:
    """Tell the operator what ended the command, and return its exit code."""
    code = OK
    match error:
        case typer.Exit():
            code = error.exit_code
        case typer.Abort():
            context.console().failure("aborted", "Nothing was changed.", "")
            code = FAILURE
        case typer.TyperException():
            _tell_usage(error)
            code = USAGE
        case KeyboardInterrupt():
            sys.stderr.write("\n")
            code = INTERRUPTED
        case BrokenPipeError():
            _forget_stdout()
        case PivotrError():
            _trace_if_wanted(error)
            context.console().failure(error.code, error.sentence, error.hint)
            code = exit_code(error)
        case _:
            _trace_if_wanted(error)
            what = f"Something went wrong that should not: {type(error).__name__}: {error}"
            context.console().failure("unexpected", what, "Run again with -v for the trace.")
            code = FAILURE
    return code


def _invoke(arguments: list[str]) -> None:
    command = root()
    with command.make_context("pivotr", arguments) as ctx:
        if not arguments:
            context.console().text(command.get_help(ctx))
            return
        command.invoke(ctx)
        if ctx.invoked_subcommand is None:
            ctx.fail("A command is missing.")


def _tell_usage(error: typer.TyperException) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        context.console().stderr.write(error.format_message() + "\n")
        return
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "pivotr"
    context.console().failure("usage", error.format_message(), f"See: {path} --help")


def _trace_if_wanted(error: BaseException) -> None:
    if context.invocation().is_verbose:
        import traceback

        traceback.print_exception(error, file=sys.stderr)


def _forget_stdout() -> None:
    """The reader has gone: what is still buffered must not be a complaint when the interpreter ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return
