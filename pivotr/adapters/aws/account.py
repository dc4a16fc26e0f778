"""What an account of AWS says about itself before something is deployed to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.faults import code_of, fault
from pivotr.errors import Misconfigured, PivotrError, Unavailable
from pivotr.ports.deployment import Concurrency, Identity

#: Where `cdk bootstrap` notes its version, for the qualifier that it has unless told otherwise.
QUALIFIER = "hnb659fds"
_BOOTSTRAP = f"/cdk-bootstrap/{QUALIFIER}/version"


class AwsAccount:
    """The account that the clients' credentials belong to, in one region."""

    def __init__(self, clients: Clients, region: str) -> None:
        self._clients = clients
        self._region = region

    def identity(self) -> Identity:
        """Who we are to AWS. A region that nothing answers in is named as the likely reason."""
        try:
            with _translated("AWS"):
                found = self._clients.client("sts").get_caller_identity()
        except Unavailable as error:
            if self._region not in known_regions():
                raise Misconfigured(
                    f"There is no region “{self._region}” that this version knows of; nothing answers there.",
                    hint="Set PIVOTR_REGION, or `region` in pivotr.toml, to one like ap-south-1.",
                ) from error
            raise
        return Identity(account=found["Account"], arn=found["Arn"])

    def bootstrap_version(self) -> int | None:
        """The version of what `cdk bootstrap` left; None where it has not been done."""
        try:
            found = self._clients.client("ssm").get_parameter(Name=_BOOTSTRAP)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == "ParameterNotFound":
                return None
            raise fault(error, "Systems Manager") from error
        return int(found["Parameter"]["Value"])

    def concurrency(self, functions: tuple[str, ...]) -> Concurrency:
        """Limits of Lambda, and what these functions have reserved."""
        client = self._clients.client("lambda")
        with _translated("Lambda"):
            limits = client.get_account_settings()["AccountLimit"]
        held: dict[str, int] = {}
        for function in functions:
            try:
                answer = client.get_function_concurrency(FunctionName=function)
            except (BotoCoreError, ClientError) as error:
                if code_of(error) == "ResourceNotFoundException":
                    continue
                raise fault(error, "Lambda") from error
            held[function] = int(answer.get("ReservedConcurrentExecutions") or 0)
        return Concurrency(
            limit=int(limits["ConcurrentExecutions"]),
            unreserved=int(limits["UnreservedConcurrentExecutions"]),
            ours=held,
        )

    def reserve(self, function: str, executions: int) -> None:
        """Reserve executions for a function."""
        with _translated("Lambda"):
            self._clients.client("lambda").put_function_concurrency(
                FunctionName=function, ReservedConcurrentExecutions=executions
            )

    def tables(self, prefix: str) -> tuple[str, ...]:
        """Names of tables that begin so."""
        client = self._clients.client("dynamodb")
        with _translated("DynamoDB"):
            pages = client.get_paginator("list_tables").paginate()
            return tuple(name for page in pages for name in page["TableNames"] if name.startswith(prefix))

    def forget_logs(self, functions: tuple[str, ...]) -> None:
        """Remove the log groups that late invocations of deleted functions have made anew."""
        client = self._clients.client("logs")
        for function in functions:
            try:
                client.delete_log_group(logGroupName=f"/aws/lambda/{function}")
            except (BotoCoreError, ClientError) as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise fault(error, "CloudWatch Logs") from error


def assumed(clients: Clients, region: str) -> Clients | None:
    """Clients under the role that `cdk bootstrap` made for deploying; None where we may not take it on."""
    try:
        with _translated("AWS"):
            sts = clients.client("sts")
            account = sts.get_caller_identity()["Account"]
            role = f"arn:aws:iam::{account}:role/cdk-{QUALIFIER}-deploy-role-{account}-{region}"
            found = sts.assume_role(RoleArn=role, RoleSessionName="pivotr")["Credentials"]
    except PivotrError:
        return None
    keys = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return Clients(region, credentials=keys)


def known_regions() -> frozenset[str]:
    """Regions that the installed botocore knows; a newer one is missing in it and works all the same."""
    import botocore.session  # noqa: PLC0415 - read only to word an error

    session = botocore.session.Session()
    return frozenset(
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions(
            "cloudformation", partition_name=partition, allow_non_regional=False
        )
    )


@contextmanager
def _translated(service: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise fault(error, service) from error
