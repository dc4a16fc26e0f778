"""Findings of AwsSolutions that stay, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pivotr import names

#: Not acknowledged in dev: that it is found there shows that the rules were asked.
LEFT_OPEN = "S1"
_OWN_LOG = "Streams of a function's own log group have names that nobody knows before."


def reasons(env: str, identity: str) -> Iterator[tuple[str, str]]:
    """Finding → why it stays. `identity` is what SES may send as in this environment."""
    arn = "arn:<AWS::Partition>"
    here = "<AWS::Region>:<AWS::AccountId>"
    yield "S1", "Lead files lie there for three days; who reads them is in the log of imports."
    yield "L1", "The functions run on Python 3.13, for which their packages are locked; 3.14 is newer."
    yield "APIG4", "Health and the way out of a mail are open to everybody; dev may be open as a whole."
    yield "IAM5[Resource::*]", "SES has no resource for GetAccount; the others exist on the emulator only."
    yield f"IAM5[Resource::{arn}:ses:{here}:identity/{identity}]", "An operator adds senders as time goes by."
    files = f"{arn}:s3:::{names.physical(env, 'imports')}-<AWS::AccountId>-<AWS::Region>/imports/*"
    yield f"IAM5[Resource::{files}]", "Each upload is a file of its own."
    for spec in names.FUNCTIONS:
        log = f"{arn}:logs:{here}:log-group:/aws/lambda/{names.physical(env, spec.name)}:*"
        yield f"IAM5[Resource::{log}]", _OWN_LOG


def acknowledge(app: Any, env: str, identity: str) -> None:
    """Tell the rules about every finding that stays."""
    import aws_cdk as cdk

    for finding, reason in reasons(env, identity):
        if finding == LEFT_OPEN and env == "dev":
            continue
        cdk.Validations.of(app).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions-{finding}", reason=reason))
