"""`pivotr deploy`: look around, show what changes, ask, carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import Yes, confirm, console, noun
from pivotr.cli.deploy_views import as_data, deployment, follow, show
from pivotr.cli.signals import told_on_interrupt

if TYPE_CHECKING:
    from pivotr.services.deploying import Deploying, Plan, Surroundings

app = noun("Deploy an environment to AWS, after showing what changes.")

BOOTSTRAP = (
    "This account and region are not prepared for the CDK. The bootstrap makes a bucket for packages and "
    "roles; the role that CloudFormation works under may do anything in this account (AdministratorAccess)."
)
GOES_ON = "Interrupted here only: CloudFormation goes on by itself. See how far it is: pivotr outputs"


@app.command("deploy")
def deploy(
    *,
    yes: Yes = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Take over tables that are there while the stack is not.")
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Only finish the roll-back of a failed deployment.")
    ] = False,
    no_reserved_concurrency: Annotated[
        bool,
        typer.Option("--no-reserved-concurrency", help="For accounts that may run few functions at once."),
    ] = False,
) -> None:
    """Deploy an environment to AWS, after showing what changes."""
    work = deployment(reserved_concurrency=False if no_reserved_concurrency else None)
    out = console()
    if rollback:
        work.roll_back()
        out.success("The roll-back is finished; all is as it was before the failed deployment.")
        return
    found = work.look(adopts=adopt)
    _bootstrap(work, found, yes=yes)
    out.note("Building the stack and uploading what has changed …")
    plan = work.plan(adopts=adopt)
    show(plan)
    if plan.changes:
        _agree(work, plan, yes=yes)
        with told_on_interrupt(GOES_ON):
            follow(work.perform(plan), "Deploying")
    stack = work.settle()
    if out.wants_json:
        out.data({"stack": stack.name, "status": stack.status, "changes": as_data(plan),
                  "outputs": stack.outputs})  # fmt: skip
        return
    out.success(f"{stack.name} is deployed." if plan.changes else f"{stack.name} was up to date.")
    out.facts(sorted(stack.outputs.items()))
    out.note("Check it: pivotr doctor")


def _bootstrap(work: Deploying, found: Surroundings, *, yes: bool) -> None:
    if found.bootstrap is not None:
        return
    out = console()
    out.warn(BOOTSTRAP)
    confirm("Prepare them now?", yes=yes)
    out.note("Preparing the account and region …")
    work.bootstrap(found.identity)


def _agree(work: Deploying, plan: Plan, *, yes: bool) -> None:
    """Ask; on a no the prepared changes are thrown away."""
    try:
        confirm("Lose what is named above, and deploy?" if plan.losses else "Deploy this?", yes=yes)
    except BaseException:
        work.discard()
        raise
