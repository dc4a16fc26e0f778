"""The queues of the sending engine and their dead letters (the guide, phase 4)."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.names import QueueSpec


def queue_with_dead_letters(scope: Construct, spec: QueueSpec, config: Config) -> tuple[sqs.Queue, sqs.Queue]:
    """A queue and its dead-letter queue: encrypted at rest, TLS only; addresses are outputs of the stack."""
    dead = _queue(scope, spec.dlq, config, retention=spec.dlq_retention)
    queue = _queue(
        scope,
        spec.name,
        config,
        retention=spec.retention,
        visibility=spec.visibility,
        dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=spec.max_receive, queue=dead),
    )
    return queue, dead


def _queue(
    scope: Construct,
    name: str,
    config: Config,
    *,
    retention: int,
    visibility: int | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    queue = sqs.Queue(
        scope,
        names.camel(name),
        queue_name=names.physical(config.env, name),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=config.demands_tls,
        retention_period=cdk.Duration.seconds(retention),
        visibility_timeout=cdk.Duration.seconds(visibility) if visibility else None,
        dead_letter_queue=dead_letter_queue,
    )
    key = names.queue_output(name)
    cdk.CfnOutput(scope, f"{key}Output", value=queue.queue_url).override_logical_id(key)
    return queue


class SqsQueues(Construct):
    """Sending and verification queue, by logical name in `queues`, their dead letters in `dead_letters`."""

    queues: Mapping[str, sqs.Queue]
    dead_letters: Mapping[str, sqs.Queue]

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        made = {
            spec.name: queue_with_dead_letters(self, spec, config)
            for spec in (names.SENDING_QUEUE, names.VERIFICATION_QUEUE)
        }
        self.queues = {name: queue for name, (queue, _) in made.items()}
        self.dead_letters = {name: dead for name, (_, dead) in made.items()}
