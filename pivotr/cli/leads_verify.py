"""`pivotr leads verify`: check the mailboxes of a list before its campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli.context import Yes, confirm, console, services
from pivotr.cli.signals import told_on_interrupt

if TYPE_CHECKING:
    from pivotr.domain.reports import CheckPlan


def register_verify(app: typer.Typer) -> None:
    """Add the command to the noun."""
    app.command("verify")(verify)


def verify(
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="The list. Must be given.")] = "",
    yes: Yes = False,
) -> None:
    """Check every mailbox of a list that has no fresh verdict. Run it again after an interruption."""
    from pivotr.cli.words import counted
    from pivotr.errors import InvalidInput

    if not list_name:
        raise InvalidInput("Option --list is missing.", hint="pivotr leads verify --list NAME")
    checks, out = services().mailbox_checks, console()
    plan = checks.plan(list_name)
    out.note(_told(plan))
    if plan.unverified:
        confirm(f"Check {counted(plan.unverified, 'address', 'addresses')}?", yes=yes or not plan.is_paid)
    halted = "Interrupted. Verdicts so far are kept; run the same command again for the rest."
    with told_on_interrupt(halted), _progress(plan) as on_check:
        done = checks.run(list_name, on_check=on_check)
    if out.wants_json:
        out.data(done)
        return
    if not plan.unverified:
        out.success("Every lead of the list has a fresh verdict.")
        return
    out.table(["verdict", "addresses"], list(done.verdicts.items()))
    out.success(f"{counted(done.checked, 'address was', 'addresses were')} checked.")
    if done.suppressed:
        out.note(f"{counted(done.suppressed, 'address is', 'addresses are')} suppressed and not asked about.")


def _told(plan: CheckPlan) -> str:
    from pivotr.cli.words import counted

    text = f"{plan.unverified:,} of {counted(plan.members, 'lead')} of {plan.list} have no fresh verdict."
    if plan.is_paid and plan.unverified:
        has = "" if plan.credits is None else f" of {plan.credits:,}"
        text += f" That takes {counted(plan.unverified, 'credit')}{has} and about {_duration(plan.seconds)}."
    return text


def _duration(seconds: int) -> str:
    from pivotr.cli.words import counted

    minutes = -(-seconds // 60)
    return counted(minutes, "minute") if minutes < 120 else counted(round(minutes / 60), "hour")


@contextmanager
def _progress(plan: CheckPlan) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal; elsewhere nothing."""
    out = console()
    if not out.stderr.isatty() or out.wants_json or not plan.unverified:
        yield None
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    bar: Any = Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=Terminal(file=out.stderr),
        transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=plan.unverified)
        yield lambda checked: bar.update(task, completed=checked)
