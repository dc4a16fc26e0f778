"""The CDK app of one environment: settings in, cloud assembly out."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from pivotr.infra import asset
from pivotr.infra.asset_packages import HOST, LAMBDA
from pivotr.infra.config import config_of
from pivotr.infra.stack import PivotrStack
from pivotr.settings import Settings

#: Nothing of the machine or of the user's AWS configuration may decide what a template looks like.
CONTEXT = {
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:version-reporting": False,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
}


def app_of(settings: Settings, output: Path, code: asset.Archive) -> cdk.App:
    """The app with its one stack, not yet synthesised."""
    app = cdk.App(outdir=str(output), analytics_reporting=False, context=CONTEXT)
    PivotrStack(app, config=config_of(settings), code=code)
    return app


def build(settings: Settings, output: Path) -> Path:
    """Synthesise the stack of an environment into a folder; returns it. Nothing is asked of AWS."""
    config_of(settings)
    # The emulator runs functions on this machine, whatever processor the template names.
    code = asset.archive(HOST if settings.env == "sandbox" else LAMBDA)
    app_of(settings, output, code).synth()
    return output
