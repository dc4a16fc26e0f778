"""The dashboard: the guide's four widgets (7.2), and the funnel of mails."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.infra.constructs.metrics import metric
from pivotr.storage import schema

_FUNNEL = ("Send", "Delivery", "Bounce", "Complaint", "Reject")


def draw(
    scope: Construct,
    *,
    config: Config,
    queues: Mapping[str, sqs.IQueue],
    dead_letters: Mapping[str, sqs.IQueue],
    api_id: str,
) -> None:
    """One dashboard for the environment."""
    board = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=names.physical(config.env, "overview"))
    board.add_widgets(_functions(config), _tables(config))
    board.add_widgets(_queues(queues, dead_letters), _api(api_id))
    board.add_widgets(_funnel())


def _functions(config: Config) -> cloudwatch.GraphWidget:
    def series(what: str) -> list[cloudwatch.IMetric]:
        return [
            metric(
                "AWS/Lambda", what, {"FunctionName": names.physical(config.env, spec.name)},
                statistic="Sum", label=spec.name,
            )
            for spec in names.FUNCTIONS
        ]  # fmt: skip

    return cloudwatch.GraphWidget(
        title="Functions: invocations (left), errors (right)",
        left=series("Invocations"),
        right=series("Errors"),
        width=12,
    )


def _tables(config: Config) -> cloudwatch.GraphWidget:
    def series(what: str) -> list[cloudwatch.IMetric]:
        return [
            metric(
                "AWS/DynamoDB", what, {"TableName": names.physical(config.env, spec.name)},
                statistic="Sum", label=spec.name,
            )
            for spec in schema.TABLES
        ]  # fmt: skip

    return cloudwatch.GraphWidget(
        title="Tables: units read (left), written (right)",
        left=series("ConsumedReadCapacityUnits"),
        right=series("ConsumedWriteCapacityUnits"),
        width=12,
    )


def _queues(
    queues: Mapping[str, sqs.IQueue], dead_letters: Mapping[str, sqs.IQueue]
) -> cloudwatch.GraphWidget:
    def series(of: Mapping[str, sqs.IQueue], suffix: str = "") -> list[cloudwatch.IMetric]:
        return [
            metric(
                "AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue.queue_name},
                statistic="Maximum", label=name + suffix,
            )
            for name, queue in of.items()
        ]  # fmt: skip

    return cloudwatch.GraphWidget(
        title="Queues: depth (left), dead letters (right)",
        left=series(queues),
        right=series(dead_letters, " dead letters"),
        width=12,
    )


def _api(api_id: str) -> cloudwatch.GraphWidget:
    of = {"ApiId": api_id}
    return cloudwatch.GraphWidget(
        title="API: latency in ms (left), refused and failed requests (right)",
        left=[
            metric("AWS/ApiGateway", "Latency", of, statistic="p50", label="p50"),
            metric("AWS/ApiGateway", "Latency", of, statistic="p95", label="p95"),
            metric("AWS/ApiGateway", "IntegrationLatency", of, statistic="p95", label="functions p95"),
        ],
        right=[metric("AWS/ApiGateway", name, of, statistic="Sum") for name in ("4xx", "5xx")],
        width=12,
    )


def _funnel() -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title="Mails a day: sent, delivered, bounced, complained about, rejected",
        left=[metric("AWS/SES", name, {}, statistic="Sum", period=cdk.Duration.days(1)) for name in _FUNNEL],
        view=cloudwatch.GraphWidgetView.BAR,
        width=24,
    )
