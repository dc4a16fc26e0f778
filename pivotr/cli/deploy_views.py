"""What `deploy`, `diff` and `destroy` share: where they connect, how changes and progress are shown."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pivotr.cli.context import console, invocation

if TYPE_CHECKING:
    from pivotr.domain.checkups import Line
    from pivotr.services.deploying import Deploying, Plan, Progress

#: More resources of one fate than this are counted by kind instead of listed.
_LISTED = 12


def deployment(**flags: Any) -> Deploying:
    """The deployment of the chosen environment. Raises InvalidInput, Misconfigured."""
    from pivotr import settings, wiring_deploy
    from pivotr.cli.logs_to_stderr import listen

    listen(is_verbose=invocation().is_verbose)
    chosen = settings.load(os.environ, flags=_flags(**flags))
    return wiring_deploy.deploying(chosen, on_line=_echo if invocation().is_verbose else _nothing)


def look_after(outputs: Mapping[str, str], **flags: Any) -> list[Line]:
    """What a deployment has left, looked at. Raises Misconfigured."""
    from pivotr import settings, wiring_doctor

    chosen = settings.load(os.environ, flags=_flags(**flags))
    return list(wiring_doctor.deployed(chosen).after_deployment(outputs))


def show_troubles(lines: Iterable[Line]) -> None:
    """What is not as it should be, with what to do; one line where all is well."""
    out = console()
    found = list(lines)
    troubles = [one for one in found if one.level != "ok"]
    out.note(f"{len(found) - len(troubles)} of {len(found)} checks found all in order.")
    for one in troubles:
        tell = out.danger if one.level == "failure" else out.warn
        tell(f"{one.subject}: {one.says} {one.advice}")


def _flags(**flags: Any) -> dict[str, Any]:
    return {"env": invocation().env, **flags}


def show(plan: Plan) -> None:
    """The changes in words; what would be lost in red."""
    out = console()
    if not plan.changes:
        out.note("Nothing changes.")
        return
    counts = Counter(fate for fate, _ in plan.told)
    rows: list[tuple[str, str, str]] = []
    for fate, count in counts.items():
        found = [change for told, change in plan.told if told == fate]
        if count > _LISTED:
            kinds = Counter(_kind(change.kind) for change in found)
            rows += [(fate, kind, f"{number}") for kind, number in sorted(kinds.items())]
        else:
            rows += [(fate, _kind(change.kind), change.physical or change.resource) for change in found]
    if not out.wants_json:
        out.table(["change", "kind", "name, or how many"], rows)
    if counts["perhaps replaced"]:
        out.note("Perhaps replaced: CloudFormation finds out on its way; mostly such a resource stays.")
    for sentence in plan.losses:
        out.danger(sentence)


def as_data(plan: Plan) -> list[dict[str, str]]:
    """The changes as JSON has them."""
    return [
        {"change": fate, "kind": change.kind, "resource": change.resource, "name": change.physical}
        for fate, change in plan.told
    ]


def follow(steps: Iterable[Progress], title: str) -> None:
    """Show each step: a bar of resources on a terminal, a line for each finished one elsewhere."""
    out = console()
    if out.wants_json:
        for _ in steps:
            continue
        return
    if not out.stderr.isatty():
        for step in steps:
            if step.event.status.endswith(("_COMPLETE", "_FAILED")):
                out.note(f"{step.done}/{step.total} {step.event.resource} {step.event.status}")
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[now]}"),
    )
    with Progress(*columns, console=Terminal(file=out.stderr), transient=True) as bar:
        task = bar.add_task(title, total=None, now="")
        for step in steps:
            bar.update(task, completed=min(step.done, step.total), total=step.total, now=step.event.resource)


def _kind(kind: str) -> str:
    return kind.removeprefix("AWS::").replace("::", " ")


def _echo(line: str) -> None:
    if line.strip():
        console().note(line)


def _nothing(line: str) -> None:
    del line
