"""`pivotr outputs`: what a deployment tells about itself."""

from __future__ import annotations

from pivotr.cli.context import console, noun
from pivotr.cli.deploy_views import deployment

app = noun("Addresses and names of a deployed environment, and its state.")


@app.command("outputs")
def outputs() -> None:
    """Addresses and names of a deployed environment, and its state."""
    stack = deployment().stack()
    out = console()
    if out.wants_json:
        out.data({"stack": stack.name, "status": stack.status, "outputs": stack.outputs})
        return
    out.facts([("stack", stack.name), ("status", stack.status), *sorted(stack.outputs.items())])
