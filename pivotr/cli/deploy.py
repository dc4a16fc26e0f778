"""`pivotr deploy`: look around, show what changes, ask, carry it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import Yes, confirm, console, noun
from pivotr.cli.deploy_views import as_data, deployment, follow, look_after, show, show_troubles
from pivotr.cli.signals import told_on_interrupt

if TYPE_CHECKING:
    from pivotr.services.deploying import Deploying, Plan, Surroundings

app = noun("Deploy an environment to AWS, after showing what changes.")

#: What `cdk bootstrap` makes, and the right that comes with it.
BOOTSTRAP = (
    "Preparing it makes, once, what the AWS CDK deploys with: a bucket for packages, and roles.",
    "One of the roles, for CloudFormation alone, may do anything in this account (AdministratorAccess).",
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
    from pivotr.domain.checkups import worst

    flags = {"reserved_concurrency": False if no_reserved_concurrency else None}
    work = deployment(**flags)
    out = console()
    if rollback:
        work.roll_back()
        out.success("The roll-back is finished; all is as it was before the failed deployment.")
        return
    found = work.look(adopts=adopt)
    out.note(f"Account {found.identity.account}, region {work.region}, as {found.identity.arn}")
    _bootstrap(work, found, yes=yes)
    with told_on_interrupt("Interrupted. Nothing was deployed."):
        out.note("Building the stack and uploading what has changed …")
        plan = work.plan(adopts=adopt)
        show(plan)
        if plan.changes:
            _agree(work, plan, found.identity.account, yes=yes)
    if plan.changes:
        with told_on_interrupt(GOES_ON):
            follow(work.perform(plan), "Deploying")
    stack = work.settle()
    out.note("Looking at what is there now …")
    lines = look_after(stack.outputs, **flags)
    level = worst(lines)
    if out.wants_json:
        out.data({"stack": stack.name, "status": stack.status, "changes": as_data(plan),
                  "outputs": stack.outputs, "worst": level, "findings": lines})  # fmt: skip
    else:
        out.success(f"{stack.name} is deployed." if plan.changes else f"{stack.name} was up to date.")
        show_troubles(lines)
        out.facts(sorted(stack.outputs.items()))
        out.note("See all about it: pivotr doctor")
    if level == "failure":
        raise typer.Exit(1)


def _bootstrap(work: Deploying, found: Surroundings, *, yes: bool) -> None:
    if found.bootstrap is not None:
        return
    out = console()
    out.warn(f"The account {found.identity.account} is not prepared for deployments to {work.region} yet.")
    warn_of_bootstrap()
    confirm("Prepare it now?", yes=yes)
    prepare(work, found.identity.account)


def prepare(work: Deploying, account: str) -> None:
    """Prepare an account for the CDK, which takes a minute."""
    console().note("Preparing the account and region …")
    with told_on_interrupt(
        "Interrupted here only: CloudFormation goes on with it. Wait a minute before the next try."
    ):
        work.bootstrap(account)


def warn_of_bootstrap() -> None:
    """Say what preparing an account makes, before it is asked for."""
    for sentence in BOOTSTRAP:
        console().danger(sentence)


def _agree(work: Deploying, plan: Plan, account: str, *, yes: bool) -> None:
    """Ask; on a no the prepared changes are thrown away."""
    to = f"to the account {account}"
    try:
        confirm(
            f"Lose what is named in red, and deploy {to}?" if plan.losses else f"Deploy this {to}?", yes=yes
        )
    except BaseException:
        work.discard()
        raise
