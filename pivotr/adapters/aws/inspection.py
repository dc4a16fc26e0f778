"""Facts of a deployed environment, one question to AWS each."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault
from pivotr.ports.inspection import FunctionFacts, QueueFacts, SesAccount, SesIdentity, TableFacts

_ABSENT = frozenset(
    {
        "NotFoundException",
        "ResourceNotFoundException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "QueueDoesNotExist",
        "NotFound",
    }
)


class AwsInspector:
    """Looks at what the clients reach."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def ses_account(self) -> SesAccount:
        """SES in this region."""
        with _translated("SES"):
            found = self._clients.client("sesv2").get_account()
        quota = found.get("SendQuota", {})
        return SesAccount(
            is_production=bool(found.get("ProductionAccessEnabled")),
            is_sending=bool(found.get("SendingEnabled", True)),
            enforcement=str(found.get("EnforcementStatus", "")),
            max_24_hours=float(quota.get("Max24HourSend", 0)),
            sent_24_hours=float(quota.get("SentLast24Hours", 0)),
            suppresses=frozenset(found.get("SuppressionAttributes", {}).get("SuppressedReasons", ())),
        )

    def ses_identity(self, identity: str) -> SesIdentity | None:
        """An address or domain; None where SES does not know it."""
        found = self._found("sesv2", "SES", "get_email_identity", EmailIdentity=identity)
        if found is None:
            return None
        return SesIdentity(
            is_verified=bool(found.get("VerifiedForSendingStatus")),
            dkim=str(found.get("DkimAttributes", {}).get("Status", "NOT_STARTED")),
        )

    def event_kinds(self, configuration_set: str) -> frozenset[str] | None:
        """Kinds of events that a configuration set reports; None where there is no such set."""
        found = self._found(
            "sesv2", "SES", "get_configuration_set_event_destinations", ConfigurationSetName=configuration_set
        )
        if found is None:
            return None
        return frozenset(
            kind
            for one in found.get("EventDestinations", ())
            if one.get("Enabled")
            for kind in one.get("MatchingEventTypes", ())
        )

    def queue(self, name_or_url: str) -> QueueFacts | None:
        """A queue; None where there is none."""
        url = name_or_url
        if "/" not in url:
            named = self._found("sqs", "SQS", "get_queue_url", QueueName=url)
            if named is None:
                return None
            url = named["QueueUrl"]
        found = self._found("sqs", "SQS", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
        if found is None:
            return None
        attributes = found.get("Attributes", {})
        redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
        return QueueFacts(
            arn=attributes.get("QueueArn", ""),
            visibility=int(attributes.get("VisibilityTimeout", 30)),
            max_receive=int(redrive.get("maxReceiveCount", 0)),
            policy=attributes.get("Policy", ""),
        )

    def table(self, name: str) -> TableFacts | None:
        """A table; None where there is none."""
        found = self._found("dynamodb", "DynamoDB", "describe_table", TableName=name)
        if found is None:
            return None
        table = found["Table"]
        with _translated("DynamoDB"):
            backups = self._clients.client("dynamodb").describe_continuous_backups(TableName=name)
        recovery = backups.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
        return TableFacts(
            status=table.get("TableStatus", ""),
            indexes=frozenset(one["IndexName"] for one in table.get("GlobalSecondaryIndexes", ())),
            recovers=recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
            is_protected=bool(table.get("DeletionProtectionEnabled")),
        )

    def function(self, name: str) -> FunctionFacts | None:
        """A function; None where there is none."""
        found = self._found("lambda", "Lambda", "get_function", FunctionName=name)
        if found is None:
            return None
        reserved = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        return FunctionFacts(found["Configuration"].get("State", "Active"), reserved)

    def event_sources(self, function: str) -> tuple[tuple[str, str], ...]:
        """What feeds a function: ARN and state of each source."""
        with _translated("Lambda"):
            found = self._clients.client("lambda").list_event_source_mappings(FunctionName=function)
        return tuple(
            (one.get("EventSourceArn", ""), one.get("State", "")) for one in found["EventSourceMappings"]
        )

    def alarms(self, prefix: str) -> Mapping[str, str]:
        """Alarms whose names begin so, with their states."""
        client = self._clients.client("cloudwatch")
        with _translated("CloudWatch"):
            pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
            return {
                one["AlarmName"]: one.get("StateValue", "")
                for page in pages
                for one in page.get("MetricAlarms", ())
            }

    def subscriptions(self, topic: str) -> tuple[tuple[str, bool], ...]:
        """Who hears of alarms, and whether they have confirmed it."""
        with _translated("SNS"):
            found = self._clients.client("sns").list_subscriptions_by_topic(TopicArn=topic)
        return tuple(
            (one.get("Endpoint", ""), one.get("SubscriptionArn") != "PendingConfirmation")
            for one in found["Subscriptions"]
        )

    def has_secret(self, name: str) -> bool:
        """Whether a secret is there."""
        found = self._found("secretsmanager", "Secrets Manager", "describe_secret", SecretId=name)
        return found is not None and "DeletedDate" not in found

    def now(self) -> datetime:
        """What time it is at AWS, to the second, as the head of an answer tells."""
        with _translated("AWS"):
            answer = self._clients.client("sts").get_caller_identity()
        told = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        return parsedate_to_datetime(told).astimezone(UTC)

    def answer_of(self, url: str) -> int:
        """HTTP status of an address; 0 where nothing answers."""
        parts = urlsplit(url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request("GET", parts.path or "/")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _found(self, name: str, service: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = getattr(self._clients.client(name), operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) in _ABSENT:
                return None
            raise fault(error, service) from error
        return answer


@contextmanager
def _translated(service: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise fault(error, service) from error
