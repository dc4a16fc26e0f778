"""`pivotr secrets`: keys and passwords of an environment, set without an echo, listed without values."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pivotr.cli.context import console, noun, services

app = noun("Keys and passwords: set them, see which are there. Values are never shown.")


@app.command("list")
def list_() -> None:
    """Every secret: whether it is there, how old it is, where it is read from."""
    found = services().secret_values.all()
    out = console()
    if out.wants_json:
        out.data(found)
        return
    out.table(
        ["secret", "set", "age", "read from", "meaning"],
        [(one.name, "yes" if one.is_set else "no", _age(one.age_days), one.home, one.help) for one in found],
    )


@app.command("set")
def set_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `pivotr secrets list` names it.")],
) -> None:
    """Set a secret of an account: typed without an echo, or the first line of stdin."""
    values = services().secret_values
    values.check_name(name)
    values.set(name, _asked(name))
    out = console()
    if out.wants_json:
        out.data({"name": name, "is_set": True})
        return
    out.success(f"{name} is set. What runs uses it within 15 minutes, or as soon as the old one is refused.")


@app.command("rotate")
def rotate() -> None:
    """Sign links to unsubscribe with a new key. Links in older mails stay valid."""
    older = services().secret_values.rotate()
    out = console()
    if out.wants_json:
        out.data({"older_keys": older})
        return
    out.success(
        f"Links are signed with a new key; {older} older {'key stays' if older == 1 else 'keys stay'} valid."
    )
    if services().settings.env == "local":
        out.note("Restart what is running now: pivotr run, pivotr api serve.")
    else:
        out.note("Every function uses it within 15 minutes.")


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    from getpass import getpass

    return getpass(f"{name} (is not shown): ", stream=console().stderr)


def _age(days: int | None) -> str:
    if days is None:
        return ""
    return "today" if days == 0 else f"{days} day" + ("" if days == 1 else "s")
