"""The way of SES events to process-feedback: an existing queue, or one that the stack makes (phase 6)."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config, QueueAddress
from pivotr.infra.constructs.sqs_queues import queue_with_dead_letters

#: What the engine learns from. Opens and clicks stay out: to report them SES would rewrite the mails.
EVENTS = ("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY")


class Feedback(Construct):
    """`queue` is where the events arrive; `dead_letters` is None where the queue is not ours to shape."""

    queue: sqs.IQueue
    dead_letters: sqs.Queue | None

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        if config.feedback is not None:
            self.queue = self._existing(config.feedback)
            self.dead_letters = None
        else:
            self.queue, self.dead_letters = self._made(config)
        for key, value in (
            (names.OUTPUT_FEEDBACK_QUEUE_URL, self.queue.queue_url),
            (names.OUTPUT_CONFIGURATION_SET, config.configuration_set),
        ):
            if config.feedback is not None or key == names.OUTPUT_CONFIGURATION_SET:
                cdk.CfnOutput(self, f"{key}Output", value=value).override_logical_id(key)

    def _existing(self, address: QueueAddress) -> sqs.IQueue:
        arn = f"arn:{cdk.Aws.PARTITION}:sqs:{address.region}:{address.account}:{address.name}"
        return sqs.Queue.from_queue_attributes(
            self,
            "Existing",
            queue_arn=arn,
            queue_url=f"https://sqs.{address.region}.{cdk.Aws.URL_SUFFIX}/{address.account}/{address.name}",
        )

    def _made(self, config: Config) -> tuple[sqs.Queue, sqs.Queue]:
        queue, dead = queue_with_dead_letters(self, names.FEEDBACK_QUEUE, config)
        topic = sns.Topic(
            self,
            "Topic",
            topic_name=names.physical(config.env, "feedback"),
            enforce_ssl=config.demands_tls,
        )
        topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=True))
        events = ses.CfnConfigurationSet(
            self,
            "ConfigurationSet",
            name=config.configuration_set,
            reputation_options=ses.CfnConfigurationSet.ReputationOptionsProperty(
                reputation_metrics_enabled=True
            ),
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("ses.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"AWS:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {
                        "AWS:SourceArn": f"arn:{cdk.Aws.PARTITION}:ses:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
                        f":configuration-set/{config.configuration_set}"
                    },
                },
            )
        )
        destination = ses.CfnConfigurationSetEventDestination(
            self,
            "Events",
            configuration_set_name=config.configuration_set,
            event_destination=ses.CfnConfigurationSetEventDestination.EventDestinationProperty(
                name="feedback",
                enabled=True,
                matching_event_types=list(EVENTS),
                sns_destination=ses.CfnConfigurationSetEventDestination.SnsDestinationProperty(
                    topic_arn=topic.topic_arn
                ),
            ),
        )
        destination.add_resource_dependency(events)
        # SES tries the topic when it is named: the policy must be there first.
        destination.node.add_dependency(topic)
        return queue, dead
