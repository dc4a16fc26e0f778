"""The CDK app of one environment: settings in, cloud assembly out."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from pivotr import names
from pivotr.settings import Settings


def build(settings: Settings, output: Path) -> Path:
    """Synthesise the stack of an environment into a folder; returns it. Nothing is asked of AWS."""
    app = cdk.App(outdir=str(output), analytics_reporting=False)
    cdk.Stack(app, names.physical(settings.env, "stack"))
    app.synth()
    return output
