"""Synthesise every stack that the tests look at, in one process: `python -m tests.infra.synthesise FOLDER`.

The second synth of production and dev runs with the rules of AwsSolutions; what they find lies in
`validation-report.json` beside the template.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pivotr.infra import toolchain
from pivotr.infra.asset import Archive, archive
from pivotr.settings import Settings

REGION = "ap-south-1"
PRODUCTION = Settings(
    env="production", region=REGION, account="123456789012", alert_email="ops@acme.example",
    feedback_queue_url=f"https://sqs.{REGION}.amazonaws.com/123456789012/ses-feedback",
    configuration_set="acme-events", identities=("sales@acme.example", "acme.test"),
    api_origins=("https://console.acme.example",),
)  # fmt: skip
DEV = Settings(env="dev", region=REGION, create_feedback=True, reserved_concurrency=False)
TOKENS = Settings.model_validate(
    PRODUCTION.model_dump()
    | {"api_auth": "jwt", "jwt_issuer": "https://issuer.example", "jwt_audience": ("pivotr",),
       "alert_email": "", "region": "eu-west-1", "create_feedback": True}
)  # fmt: skip
STACKS = {"production": PRODUCTION, "dev": DEV, "tokens": TOKENS}
#: Stack that is judged → what SES may send as there.
JUDGED = {"production": "*@acme.test", "dev": "*"}


def main(folder: Path) -> None:
    os.environ["JSII_NODE"] = str(toolchain.node())
    from pivotr.infra.app import app_of

    code = archive()
    for name, settings in STACKS.items():
        app_of(settings, folder / name, code).synth()
    for name, identity in JUDGED.items():
        _judge(STACKS[name], identity, folder / f"{name}-judged", code)


def _judge(settings: Settings, identity: str, output: Path, code: Archive) -> None:
    import aws_cdk as cdk
    from cdk_nag import AwsSolutionsChecks

    from pivotr.infra.app import app_of
    from tests.infra.acknowledged import acknowledge

    app = app_of(settings, output, code)
    acknowledge(app, settings.env, identity)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
