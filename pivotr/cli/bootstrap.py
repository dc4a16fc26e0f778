"""`pivotr bootstrap`: prepare an account and region for deployments."""

from __future__ import annotations

from pivotr.cli.context import Yes, confirm, console, noun
from pivotr.cli.deploy import prepare, warn_of_bootstrap
from pivotr.cli.deploy_views import deployment

app = noun("Prepare an account and region for deployments.")


@app.command("bootstrap")
def bootstrap(*, yes: Yes = False) -> None:
    """Prepare an account and region for deployments; `deploy` does it by itself where it is missing."""
    work = deployment()
    identity = work.identity()
    out = console()
    warn_of_bootstrap()
    confirm(f"Prepare the account {identity.account} for {work.region} now?", yes=yes)
    prepare(work, identity.account)
    if out.wants_json:
        out.data({"account": identity.account, "bootstrapped": True})
        return
    out.success("The account and region are prepared.")
