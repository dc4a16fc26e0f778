"""Metrics in the form in which alarms on them work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

FIVE_MINUTES = cdk.Duration.minutes(5)
#: Metrics that one alarm may read (PutMetricAlarm).
MOST_METRICS = 10


def metric(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    *,
    statistic: str,
    period: cdk.Duration = FIVE_MINUTES,
    label: str | None = None,
) -> cloudwatch.Metric:
    """One metric of this account and Region."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions) or None,
        statistic=statistic,
        period=period,
        label=label,
    )


def throttles(table: str, operations: Sequence[str]) -> cloudwatch.MathExpression:
    """Throttled requests on a table, summed over operations.

    The metric has the dimensions table and operation, and exists only while something throttles; alarms on
    this namespace ignore missing data, so each operand is filled with zeros, or the alarm would never end.
    """
    if not 1 <= len(operations) <= MOST_METRICS:
        raise ValueError(f"an alarm reads 1 to {MOST_METRICS} metrics, not {len(operations)}")
    parts = {
        f"m{number}": metric(
            "AWS/DynamoDB",
            "ThrottledRequests",
            {"TableName": table, "Operation": operation},
            statistic="Sum",
        )
        for number, operation in enumerate(operations, start=1)
    }
    filled = ", ".join(f"FILL({name}, 0)" for name in parts)
    return cloudwatch.MathExpression(
        expression=f"SUM([{filled}])", using_metrics=parts, label="ThrottledRequests", period=FIVE_MINUTES
    )
