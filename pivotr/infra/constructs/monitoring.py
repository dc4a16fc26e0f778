"""Alarms, the topic they go to, and the dashboard (the guide, phase 7)."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.infra.constructs import dashboard
from pivotr.infra.constructs.metrics import metric, throttles
from pivotr.infra.permissions import operations
from pivotr.storage import schema

#: The guide, 7.1: errors in five minutes, share of the time-out, age of a message in seconds.
MAX_ERRORS = 10
DURATION_SHARE = 0.8
MAX_AGE_SECONDS = 3600
#: AWS reviews accounts at these shares of bounces and complaints; the metrics are fractions.
MAX_BOUNCE_RATE = 0.05
MAX_COMPLAINT_RATE = 0.001


class Monitoring(Construct):
    """Every alarm says what it means and goes to one topic, by mail where an address is given."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        queues: Mapping[str, sqs.IQueue],
        dead_letters: Mapping[str, sqs.IQueue],
        api_id: str,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._topic = self._alert_topic()
        self._of_functions()
        self._of_tables()
        self._of_queues(queues, dead_letters)
        self._of_reputation()
        dashboard.draw(self, config=config, queues=queues, dead_letters=dead_letters, api_id=api_id)

    def _alert_topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Alerts",
            topic_name=names.physical(self._config.env, names.ALERTS),
            enforce_ssl=self._config.demands_tls,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"AWS:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        if self._config.settings.alert_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._config.settings.alert_email))
        key = names.OUTPUT_ALERT_TOPIC
        cdk.CfnOutput(self, f"{key}Output", value=topic.topic_arn).override_logical_id(key)
        return topic

    def _alarm(
        self,
        id: str,
        watched: cloudwatch.IMetric,
        *,
        over: float,
        says: str,
        periods: int = 1,
        is_reached: bool = False,
    ) -> None:
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=names.physical(self._config.env, id),
            alarm_description=says,
            metric=watched,
            threshold=over,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            comparison_operator=operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            if is_reached
            else operator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _of_functions(self) -> None:
        for spec in names.FUNCTIONS:
            of = {"FunctionName": names.physical(self._config.env, spec.name)}
            self._alarm(
                f"{spec.name}-errors",
                metric("AWS/Lambda", "Errors", of, statistic="Sum"),
                over=MAX_ERRORS,
                says=f"{spec.name} failed more than {MAX_ERRORS} times in five minutes.",
            )
            self._alarm(
                f"{spec.name}-duration",
                metric("AWS/Lambda", "Duration", of, statistic="Average"),
                over=DURATION_SHARE * spec.timeout * 1000,
                says=f"{spec.name} takes more than {DURATION_SHARE:.0%} of its {spec.timeout} s on average.",
            )
        heartbeat = {"FunctionName": names.physical(self._config.env, names.HEARTBEAT.name)}
        # It runs once in five minutes, so that it can never fail more than ten times in them.
        self._alarm(
            "heartbeat-fails",
            metric("AWS/Lambda", "Errors", heartbeat, statistic="Sum"),
            over=1,
            periods=3,
            is_reached=True,
            says="The heartbeat has failed for a quarter of an hour: parked mailboxes do not wake up.",
        )
        # A handler that hands records back has not failed, as far as Lambda can see.
        self._alarm(
            "failed-records",
            metric(
                names.METRIC_NAMESPACE,
                names.FAILED_RECORDS,
                {"Environment": self._config.env},
                statistic="Sum",
            ),
            over=0,
            says="Records of queues could not be handled. See: pivotr dlq list",
        )

    def _of_tables(self) -> None:
        for spec in schema.TABLES:
            name = names.physical(self._config.env, spec.name)
            self._alarm(
                f"{spec.name}-throttles",
                throttles(name, operations(spec.name)),
                over=0,
                says=f"DynamoDB refused requests on {name} because there were too many at once.",
            )

    def _of_queues(self, queues: Mapping[str, sqs.IQueue], dead_letters: Mapping[str, sqs.IQueue]) -> None:
        for name, queue in queues.items():
            self._alarm(
                f"{name}-age",
                metric(
                    "AWS/SQS",
                    "ApproximateAgeOfOldestMessage",
                    {"QueueName": queue.queue_name},
                    statistic="Maximum",
                ),
                over=MAX_AGE_SECONDS,
                says=f"A record has waited in {name} for more than an hour.",
            )
        for name, queue in dead_letters.items():
            self._alarm(
                f"{name}-dlq-depth",
                metric(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    {"QueueName": queue.queue_name},
                    statistic="Maximum",
                ),
                over=0,
                says=f"Records of {name} failed too often. See: pivotr dlq list",
            )

    def _of_reputation(self) -> None:
        for name, what, limit in (
            ("bounce-rate", "Reputation.BounceRate", MAX_BOUNCE_RATE),
            ("complaint-rate", "Reputation.ComplaintRate", MAX_COMPLAINT_RATE),
        ):
            self._alarm(
                f"ses-{name}",
                metric("AWS/SES", what, {}, statistic="Average", period=cdk.Duration.hours(1)),
                over=limit,
                is_reached=True,
                says=f"The account's {name.replace('-', ' ')} has reached {limit:.1%}: "
                "AWS reviews accounts at this line.",
            )
