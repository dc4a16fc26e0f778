"""The `pivotr` command: its nouns, and the one boundary where errors become sentences and exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pivotr import __version__
from pivotr.cli import context
from pivotr.cli.exit_codes import FAILURE, INTERRUPTED, OK, USAGE, exit_code
from pivotr.cli.groups import Root, shared_options
from pivotr.cli.overview import overview
from pivotr.errors import PivotrError, plainly


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
    """Personal business mail at a human pace, from your own mailbox or AWS account."""


def root() -> Any:
    """The root command, ready to be invoked."""
    app = typer.Typer(
        cls=Root, callback=_root, invoke_without_command=True, add_completion=False, rich_markup_mode=None
    )
    command = typer.main.get_command(app)
    command.params.extend(shared_options())
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
        return _told(error, arguments)
    return OK


def _told(error: BaseException, arguments: Sequence[str]) -> int:
    """Tell the operator what ended the command, and return its exit code."""
    code = OK
    match error:
        case typer.Exit():
            code = error.exit_code
        case typer.Abort():
            context.console().failure("aborted", "Nothing was changed.", "")
            code = FAILURE
        case typer.TyperException():
            # the option may stand behind the word that could not be read
            context.invocation().wants_json |= "--json" in arguments
            _tell_usage(error)
            code = USAGE
        case context.Told():
            code = INTERRUPTED
        case KeyboardInterrupt():
            sys.stderr.write("\n")
            code = INTERRUPTED
        case BrokenPipeError():
            _forget_stdout()
        case OSError(errno=errno.ENOSPC):
            _forget_stdout()
            context.console().failure("disk_full", "The disk is full.", "Make room and try again.")
            code = FAILURE
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
    if not arguments:
        context.console().stdout.write(overview())
        return
    command = root()
    with command.make_context("pivotr", arguments) as ctx:
        command.invoke(ctx)
        if ctx.invoked_subcommand is None:
            ctx.fail("A command is missing.")


def _tell_usage(error: typer.TyperException) -> None:
    if type(error).__name__ == "NoArgsIsHelpError":
        context.console().stderr.write(error.format_message() + "\n")
        return
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "pivotr"
    what, colon, why = " ".join(error.format_message().split()).partition(": ")
    said = f"{what}{colon}{plainly(why)}"
    end = "" if said.endswith((".", "?")) else "."
    context.console().failure("usage", said + end, f"See: {path} --help")


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
