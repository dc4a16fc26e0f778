"""`pivotr diff`: what a deployment would change, as CloudFormation itself sees it."""

from __future__ import annotations

from pivotr.cli.context import console, noun
from pivotr.cli.deploy_views import as_data, deployment, show

app = noun("What a deployment would change.")


@app.command("diff")
def diff() -> None:
    """What a deployment would change; nothing is changed. Packages are uploaded, to be asked about."""
    work = deployment()
    found = work.look()
    if found.bootstrap is None:
        from pivotr.errors import Misconfigured

        raise Misconfigured(
            "This account and region are not prepared for the CDK.", hint="Prepare them: pivotr bootstrap"
        )
    plan = work.plan()
    if plan.changes:
        work.discard()
    show(plan)
    out = console()
    if out.wants_json:
        out.data({"changes": as_data(plan)})
