"""Where each queue of an environment lives: logical name → URL and region, asked once and remembered.

The feedback queue may be one that existed before us, in another region and with a DLQ of its owner's choice,
or with none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import fault
from pivotr.errors import NotFound

#: Both forms of a queue's URL: `sqs.{region}.amazonaws.com` and the older `{region}.queue.amazonaws.com`.
_REGION: Final = re.compile(r"https?://(?:sqs[.-]([a-z]{2}-[a-z-]+-\d)|([a-z]{2}-[a-z-]+-\d)\.queue)\.")
_KNOWN: Final = frozenset(name for spec in names.QUEUES for name in (spec.name, spec.dlq))
_DEAD: Final = frozenset(spec.dlq for spec in names.QUEUES)


@dataclass(frozen=True, slots=True)
class Address:
    """URL of a queue and the client of its region."""

    url: str
    client: Any


def region_of(url: str) -> str:
    """The region that a queue's URL names; empty where it names none, as with an emulator."""
    found = _REGION.match(url)
    return (found[1] or found[2]) if found else ""


def is_dead(queue: str) -> bool:
    """True for the logical name of a dead-letter queue."""
    return queue in _DEAD


class Addresses:
    """Addresses of the queues of one environment."""

    def __init__(
        self, clients: Clients, environment: str, *, feedback_url: str = "", feedback_region: str = ""
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._feedback_url = feedback_url
        self._feedback_region = feedback_region or region_of(feedback_url)
        self._found: dict[str, Address | None] = {}

    def of(self, queue: str) -> Address | None:
        """The address of a queue; None for the DLQ of an imported queue that has none.

        Raises NotFound for a name that is none of ours, Misconfigured for a queue that is not deployed.
        """
        if queue not in _KNOWN:
            raise NotFound(f"There is no queue {queue}.", hint="`pivotr dlq list` names the queues.")
        if queue not in self._found:
            self._found[queue] = self._find(queue)
        return self._found[queue]

    def _find(self, queue: str) -> Address | None:
        client = self._clients.client("sqs")
        if self._feedback_url and queue in (names.FEEDBACK_QUEUE.name, names.FEEDBACK_QUEUE.dlq):
            client = self._clients.client("sqs", region=self._feedback_region or None)
            if queue == names.FEEDBACK_QUEUE.dlq:
                return self._dlq_of_feedback(client)
            return Address(self._feedback_url, client)
        return _named(client, names.physical(self._environment, queue))

    def _dlq_of_feedback(self, client: Any) -> Address | None:
        """The queue that the owner of the feedback queue has chosen for its dead letters."""
        try:
            answer = client.get_queue_attributes(
                QueueUrl=self._feedback_url, AttributeNames=["RedrivePolicy"]
            )
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "SQS") from error
        policy = json.loads(answer.get("Attributes", {}).get("RedrivePolicy") or "{}")
        arn = str(policy.get("deadLetterTargetArn", ""))
        if not arn:
            return None
        *_, account, name = arn.split(":")
        return _named(client, name, account)


def _named(client: Any, name: str, account: str = "") -> Address:
    owner = {"QueueOwnerAWSAccountId": account} if account else {}
    try:
        return Address(client.get_queue_url(QueueName=name, **owner)["QueueUrl"], client)
    except (ClientError, BotoCoreError) as error:
        raise fault(error, "SQS") from error
