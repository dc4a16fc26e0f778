"""Resources of the permission table as ARNs: by their names, so that roles depend on nothing."""

from __future__ import annotations

import aws_cdk as cdk

from pivotr import names
from pivotr.infra.config import Config


class Arns:
    """ARNs of one environment, with the account, Region and partition that CloudFormation fills in."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def of(self, resource: str) -> tuple[str, ...]:
        """The ARNs of a resource such as `table/leads/index/queue-index`."""
        if resource == "*":
            return ("*",)
        kind, _, name = resource.partition("/")
        physical = names.physical(self._config.env, name)
        if kind == "identity":
            return tuple(_arn("ses", f"identity/{one}") for one in self._identities())
        if kind == "queue":
            return (self._queue(name),)
        bucket, _, rest = name.partition("/")
        known = {
            "table": _arn("dynamodb", f"table/{physical}"),
            "function": _arn("lambda", f"function:{physical}"),
            # Secrets Manager adds a dash and six characters to the name.
            "secret": _arn("secretsmanager", f"secret:{physical}-??????"),
            "logs": _arn("logs", f"log-group:/aws/lambda/{physical}:*"),
            "bucket": f"arn:{cdk.Aws.PARTITION}:s3:::{bucket_name(self._config, bucket)}/{rest}",
            "topic": _arn("sns", physical),
            "configuration-set": _arn("ses", f"configuration-set/{self._config.configuration_set}"),
        }
        return (known[kind],)

    def _queue(self, name: str) -> str:
        existing = self._config.feedback
        if name == names.FEEDBACK_QUEUE.name and existing is not None:
            return f"arn:{cdk.Aws.PARTITION}:sqs:{existing.region}:{existing.account}:{existing.name}"
        return _arn("sqs", names.physical(self._config.env, name))

    def _identities(self) -> tuple[str, ...]:
        """SES checks the address and its domain, whichever is verified."""
        found: set[str] = set()
        for identity in self._config.settings.identities:
            name, at, domain = identity.rpartition("@")
            found |= {identity, domain} if at and name else {domain, f"*@{domain}"}
        return tuple(sorted(found)) or ("*",)


def bucket_name(config: Config, name: str) -> str:
    """Names of buckets are shared by all accounts of the world, so account and Region are part of them."""
    return f"{names.physical(config.env, name)}-{cdk.Aws.ACCOUNT_ID}-{cdk.Aws.REGION}"


def _arn(service: str, resource: str) -> str:
    aws = cdk.Aws
    return f"arn:{aws.PARTITION}:{service}:{aws.REGION}:{aws.ACCOUNT_ID}:{resource}"
