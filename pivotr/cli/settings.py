"""`pivotr settings`: what a deployment was given, and what an operator changes while things run."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from pivotr.cli.context import actor, console, invocation, noun, services

app = noun("What a deployment and an operator have set.")

Key = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def list_() -> None:
    """Every setting with its value and where it comes from."""
    found = [*_operator(), *_deployment()]
    out = console()
    if out.wants_json:
        out.data(found)
        return
    out.table(
        ["setting", "value", "from", "meaning"],
        [(one["name"], _shown(one["value"]), one["source"], one["help"]) for one in found],
    )


@app.command("get")
def get(name: Key) -> None:
    """One setting: its value alone, fit for a script."""
    from pivotr.domain.texts import did_you_mean
    from pivotr.errors import NotFound

    known = {one["name"]: one for one in [*_operator(), *_deployment()]}
    found = known.get(name)
    if found is None:
        raise NotFound(
            f"There is no setting “{name}”.{did_you_mean(name, known)}",
            hint="See all with: pivotr settings list",
        )
    out = console()
    if out.wants_json:
        out.data(found)
        return
    out.text(_shown(found["value"]))


@app.command("set")
def set_(name: Key, value: Annotated[str, typer.Argument(metavar="VALUE")]) -> None:
    """Change an operator setting; it holds within a minute, for everything that runs."""
    from pivotr.domain.preferences import Preferences, loosens_guard, warns_too_late
    from pivotr.errors import InvalidInput
    from pivotr.settings import Settings, variable

    if name in Settings.model_fields:
        raise InvalidInput(
            f"{name} belongs to the deployment and is not changed from here.",
            hint=f"Set {variable(name)} in the environment, in .env, or {name} in pivotr.toml.",
        )
    preferences = services().preferences
    before = preferences.get(name).value
    view = preferences.set(name, value, actor=actor())
    out = console()
    if complaint := warns_too_late(Preferences({one.key: one.value for one in preferences.all()}), name):
        out.warn(complaint)
    if out.wants_json:
        out.data({"name": view.key, "value": view.value})
        return
    out.success(f"{view.key} is {_shown(view.value) or 'empty'} now.")
    if loosens_guard(name, str(before), str(view.value)):
        out.note("The guard acts later than before; the log of the account names who wanted it.")


def _operator() -> list[dict[str, Any]]:
    return [
        {
            "name": view.key,
            "value": view.value,
            "source": f"{view.actor or 'operator'}, {view.at[:10]}" if view.is_set else "default",
            "help": view.help,
        }
        for view in services().preferences.all()
    ]


def _deployment() -> list[dict[str, Any]]:
    from pivotr.settings import origins, variable

    sources = origins(os.environ, flags={"env": invocation().env})
    values = services().settings.model_dump(mode="json")
    return [
        {"name": field, "value": values[field], "source": source, "help": f"Deployment; {variable(field)}."}
        for field, source in sources.items()
    ]


def _shown(value: object) -> str:
    from pivotr.cli.texts import plain

    return plain(",".join(value) if isinstance(value, (list, tuple)) else value)
