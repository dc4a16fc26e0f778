"""The tree of commands: nouns are loaded, and commands are built, only when they are used."""

from __future__ import annotations

import difflib
import importlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption

from pivotr.cli import context
from pivotr.cli.overview import COMMANDS, overview


class _AsWritten(TyperOption):
    """An option whose value is taken as it was written: `--help` need not load what checks values."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Hand the value to the callback."""
        return value if self.callback is None else self.callback(ctx, self, value)


class Group(TyperGroup):
    """A command that only leads to others: its own options are flags and plain text."""

    def get_params(self, ctx: Any) -> Any:
        """All options, `--help` included."""
        params = super().get_params(ctx)
        for param in params:
            param.__class__ = _AsWritten
        return params

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, built now; an unknown one is a usage error that names the nearest."""
        known = self.list_commands(ctx)
        if cmd_name not in known:
            near = difflib.get_close_matches(cmd_name, known, n=1)
            ctx.fail(f"There is no command “{cmd_name}”." + (f" Did you mean “{near[0]}”?" if near else ""))
        return self.build(cmd_name)

    def build(self, name: str) -> Any:
        """Build the command of a known name."""
        return self.commands[name]


class Noun(Group):
    """The commands of one noun."""

    def __init__(self, name: str, app: typer.Typer) -> None:
        super().__init__(
            name=name, help=str(app.info.help), no_args_is_help=True, rich_markup_mode=None,
            params=list(shared_options()),
        )  # fmt: skip
        self._found = {_name_of(info): info for info in app.registered_commands}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """All commands in the order of their declaration."""
        return list(self._found)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first words name: two of them where that is a command, as `import list`."""
        pair = " ".join(args[:2])
        if pair in self._found:
            return pair, self.get_command(ctx, pair), args[2:]
        seconds = [name.partition(" ")[2] for name in self._found if name.startswith(f"{args[0]} ")]
        if seconds and args[0] not in self._found:
            ctx.fail(f"“{args[0]}” needs one of: {', '.join(seconds)}.")
        return super().resolve_command(ctx, args)

    def build(self, name: str) -> Any:
        """The command with the shared options and its examples."""
        longer = tuple(f"{self.name} {other}" for other in self._found if other.startswith(f"{name} "))
        return _command(self._found[name], name, _examples(f"{self.name} {name}", longer))


class Root(Group):
    """The root: knows the names of its commands and loads only the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """All commands in the order of the help."""
        return list(COMMANDS)

    def build(self, name: str) -> Any:
        """Load the command's module."""
        app: typer.Typer = importlib.import_module(f"pivotr.cli.{name}").app
        if [_name_of(info) for info in app.registered_commands] == [name]:
            return _command(app.registered_commands[0], name, _examples(name))
        return Noun(name, app)

    def get_help(self, ctx: Any) -> str:  # noqa: ARG002
        """The overview."""
        return overview().rstrip("\n")


@lru_cache(maxsize=1)
def shared_options() -> tuple[Any, ...]:
    """The options that every command understands."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(context.shared)
    return tuple(typer.main.get_command(app).params)


def _name_of(info: Any) -> str:
    name: str = info.name or info.callback.__name__
    return name.strip("_").replace("_", "-")


def _examples(path: str, longer: tuple[str, ...] = ()) -> str:
    """What stands under the help of a command; `longer` are commands whose names begin like this one's."""
    lines = (Path(__file__).parents[1] / "data" / "examples.txt").read_text(encoding="utf-8").splitlines()
    others = tuple(f"pivotr {other}" for other in longer)
    mine = [f"  {line}" for line in lines if f"{line} ".startswith(f"pivotr {path} ")]
    shown = [line for line in mine if not (others and line.strip().startswith(others))]
    return "\n".join(("\b", "Examples:", *shown)) if shown else ""


def _command(info: Any, name: str, examples: str) -> Any:
    command = typer.main.get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
    command.name = name
    command.epilog = examples
    command.params.extend(shared_options())
    return command
