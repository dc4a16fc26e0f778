"""Alarms, dashboard and budgets of the guide's phase 7, in the form in which they work."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from pivotr import names
from pivotr.infra import permissions
from pivotr.infra.usage import BILLING_PREFIX, allowances, has_budgets
from pivotr.storage import schema
from tests.infra.conftest import Stack, plain


def dimensions(alarm: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: plain(one["Value"]) for one in alarm.get("Dimensions", [])}


@pytest.mark.parametrize("spec", names.FUNCTIONS, ids=lambda spec: spec.name)
def test_errors_and_duration_of_every_function(production: Stack, spec: names.FunctionSpec) -> None:
    errors = production.alarms[f"{spec.name}-errors"]
    assert (errors["Namespace"], errors["MetricName"], errors["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert (errors["Threshold"], errors["Period"]) == (10, 300)
    assert errors["ComparisonOperator"] == "GreaterThanThreshold"
    duration = production.alarms[f"{spec.name}-duration"]
    assert (duration["MetricName"], duration["Statistic"]) == ("Duration", "Average")
    assert duration["Threshold"] == pytest.approx(0.8 * spec.timeout * 1000)
    for alarm in (errors, duration):
        assert dimensions(alarm) == {"FunctionName": f"pivotr-production-{spec.name}"}


@pytest.mark.parametrize("spec", schema.TABLES, ids=lambda spec: spec.name)
def test_throttles_are_summed_over_the_operations_that_the_code_uses(production: Stack, spec: Any) -> None:
    alarm = production.alarms[f"{spec.name}-throttles"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    (expression,) = [one for one in alarm["Metrics"] if "Expression" in one]
    parts = {one["Id"]: one["MetricStat"] for one in alarm["Metrics"] if "MetricStat" in one}
    filled = ", ".join(f"FILL({key}, 0)" for key in sorted(parts, key=lambda key: int(key[1:])))
    assert expression["Expression"] == f"SUM([{filled}])"
    for one in parts.values():
        assert (one["Metric"]["MetricName"], one["Stat"], one["Period"]) == ("ThrottledRequests", "Sum", 300)
    of = [{d["Name"]: d["Value"] for d in one["Metric"]["Dimensions"]} for one in parts.values()]
    assert {one["TableName"] for one in of} == {f"pivotr-production-{spec.name}"}
    assert {one["Operation"] for one in of} == set(permissions.operations(spec.name))


def test_old_messages_and_dead_letters(production: Stack, dev: Stack) -> None:
    ages = {name: one for name, one in production.alarms.items() if name.endswith("-age")}
    assert set(ages) == {"sending-queue-age", "verification-queue-age", "feedback-queue-age"}
    for one in ages.values():
        assert (one["MetricName"], one["Statistic"]) == ("ApproximateAgeOfOldestMessage", "Maximum")
        assert (one["Threshold"], one["ComparisonOperator"]) == (3600, "GreaterThanThreshold")
    assert dimensions(ages["feedback-queue-age"]) == {"QueueName": "ses-feedback"}
    depths = {name for name in production.alarms if name.endswith("-dlq-depth")}
    assert depths == {"sending-queue-dlq-depth", "verification-queue-dlq-depth"}
    assert "feedback-queue-dlq-depth" in dev.alarms
    for name in depths:
        one = production.alarms[name]
        assert (one["MetricName"], one["Threshold"]) == ("ApproximateNumberOfMessagesVisible", 0)


def test_a_heartbeat_that_fails_three_times_in_a_row_and_failed_records_are_told(production: Stack) -> None:
    heartbeat = production.alarms["heartbeat-fails"]
    assert (heartbeat["Threshold"], heartbeat["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert (heartbeat["EvaluationPeriods"], heartbeat["DatapointsToAlarm"], heartbeat["Period"]) == (
        3,
        3,
        300,
    )
    records = production.alarms["failed-records"]
    assert (records["Namespace"], records["MetricName"]) == ("Pivotr", "FailedRecords")
    assert dimensions(records) == {"Environment": "production"}
    assert records["Threshold"] == 0


def test_reputation_is_told_at_the_lines_at_which_aws_reviews(production: Stack) -> None:
    for name, what, limit in (
        ("ses-bounce-rate", "Reputation.BounceRate", 0.05),
        ("ses-complaint-rate", "Reputation.ComplaintRate", 0.001),
    ):
        one = production.alarms[name]
        assert (one["Namespace"], one["MetricName"], one["Threshold"]) == ("AWS/SES", what, limit)
        assert (one["Period"], one["Statistic"]) == (3600, "Average")
        assert not one.get("Dimensions")


def test_every_alarm_goes_to_the_topic_says_what_it_means_and_rests_without_data(production: Stack) -> None:
    ((topic, _),) = production.resources("AWS::SNS::Topic").items()
    for one in production.alarms.values():
        assert one["AlarmActions"] == [{"Ref": topic}]
        assert one["TreatMissingData"] == "notBreaching"
        assert one["AlarmDescription"].endswith((".", "pivotr dlq list"))


def test_the_topic_takes_alarms_of_this_account_and_mails_them_where_an_address_is_given(
    production: Stack, dev: Stack
) -> None:
    (subscription,) = production.resources("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["Endpoint"] == "ops@acme.example"
    assert subscription["Properties"]["Protocol"] == "email"
    protocols = [one["Properties"]["Protocol"] for one in dev.resources("AWS::SNS::Subscription").values()]
    assert protocols == ["sqs"]


def test_the_dashboard_shows_the_guides_four_widgets_and_the_funnel(production: Stack) -> None:
    (board,) = production.resources("AWS::CloudWatch::Dashboard").values()
    body = "".join(
        part if isinstance(part, str) else plain(part)
        for part in board["Properties"]["DashboardBody"]["Fn::Join"][1]
    )
    titles = [widget["properties"]["title"] for widget in json.loads(body)["widgets"]]
    assert len(titles) == 5
    for widget, words in zip(json.loads(body)["widgets"], (
        ("Invocations", "Errors"), ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"),
        ("ApproximateNumberOfMessagesVisible",), ("Latency", "ApiId"), ("Send", "Delivery", "Bounce"),
    ), strict=True):  # fmt: skip
        for word in words:
            assert f'"{word}"' in json.dumps(widget), (widget["properties"]["title"], word)


def test_budgets_tell_at_the_shares_of_cost_and_use(production: Stack, tokens: Stack) -> None:
    found = {
        one["Properties"]["Budget"]["BudgetName"].removeprefix("pivotr-production-"): one["Properties"]
        for one in production.resources("AWS::Budgets::Budget").values()
    }
    shares = {
        name: [it["Notification"]["Threshold"] for it in one["NotificationsWithSubscribers"]]
        for name, one in found.items()
    }
    assert shares == {"cost": [50, 80, 100], "invocations": [80], "writes": [80], "mails": [80]}
    assert found["cost"]["Budget"]["BudgetLimit"] == {"Amount": 15, "Unit": "USD"}
    amounts = {name: one["Budget"]["BudgetLimit"]["Amount"] for name, one in found.items()}
    assert amounts == {"cost": 15, "invocations": 84_640, "writes": 250_000, "mails": 10_000}
    assert found["mails"]["Budget"]["CostFilters"] == {"UsageType": ["APS3-Recipients"]}
    assert not tokens.resources("AWS::Budgets::Budget"), "nobody to tell"


def test_budgets_of_use_are_never_below_the_requirements_and_missing_where_names_are_unknown() -> None:
    floors = {"invocations": 50_000, "writes": 100_000, "mails": 10_000}
    assert all(one.amount >= floors[one.name] for one in allowances("us-east-1"))
    assert {one.usage_types for one in allowances("us-east-1")} >= {("Request", "Request-ARM")}
    assert allowances("af-south-1") == ()


def test_budgets_are_made_only_where_cloudformation_knows_them() -> None:
    for region in BILLING_PREFIX:
        assert PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, "AWS::Budgets::Budget")
    assert not has_budgets("eu-north-1")
