"""`pivotr synth`: what a deployment would create, as files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from pivotr.cli.context import console, invocation, noun

app = noun("Write the template and the code of an environment into a folder.")


@app.command("synth")
def synth(
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder of the cloud assembly; made if missing.")
    ] = Path("cdk.out"),
) -> None:
    """Write what a deployment would create into a folder. Nothing is asked of AWS, nothing is changed there.

    Needs the extra deploy: pip install 'pivotr[deploy]'
    """
    from pivotr import names, settings, wiring_deploy

    chosen = settings.load(os.environ, flags={"env": invocation().env})
    made = wiring_deploy.synthesise(chosen, output.absolute())
    out = console()
    template = made / f"{names.stack(chosen.env)}.template.json"
    if not wiring_deploy.compiles():
        out.note("No Python 3.13 was found here: the functions carry no byte code and start more slowly.")
    if out.wants_json:
        out.data({"environment": chosen.env, "assembly": str(made), "template": str(template)})
        return
    out.text(f"The stack {names.stack(chosen.env)} is in {made}")
    out.text(f"Its template: {template.name}")
