"""Functions of the guide's phase 3, their triggers and their logs."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from pivotr import names
from pivotr.infra.config import config_of
from pivotr.settings import from_env
from tests.infra.conftest import Stack, plain
from tests.infra.synthesise import DEV, PRODUCTION

#: The guide, 3.1, and issue by issue ours: function → concurrency, seconds, megabytes.
FIGURES = {
    "send-email": (5, 30, 256),
    "verify-email": (3, 15, 256),
    "process-feedback": (10, 10, 128),
    "lead-import": (2, 60, 512),
    "api-leads": (10, 10, 256),
    "api-campaigns": (10, 10, 256),
    "api-metrics": (10, 10, 256),
    "heartbeat": (1, 50, 256),
    "unsubscribe": (5, 5, 128),
}


def sources(stack: Stack) -> dict[str, dict[str, Any]]:
    """Event source mappings by function."""
    ids = {
        key: one["Properties"]["FunctionName"].removeprefix(names.physical(stack.env, ""))
        for key, one in stack.resources("AWS::Lambda::Function").items()
    }
    mappings = stack.resources("AWS::Lambda::EventSourceMapping").values()
    return {ids[one["Properties"]["FunctionName"]["Ref"]]: one["Properties"] for one in mappings}


def test_concurrency_time_out_and_memory_are_the_guides(production: Stack) -> None:
    found = {
        name: (one["ReservedConcurrentExecutions"], one["Timeout"], one["MemorySize"])
        for name, one in production.functions.items()
    }
    assert found == FIGURES
    assert sum(concurrency for concurrency, _, _ in found.values()) == 56


@pytest.mark.parametrize("name", FIGURES)
def test_every_function_runs_on_python_and_graviton_with_its_own_role_and_log(
    production: Stack, name: str
) -> None:
    one = production.functions[name]
    assert (one["Runtime"], one["Architectures"]) == ("python3.13", ["arm64"])
    log = production.template["Resources"][one["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert log["LogGroupName"] == f"/aws/lambda/pivotr-production-{name}"
    assert log["RetentionInDays"] == 30
    users = [other for other, it in production.functions.items() if it["Role"] == one["Role"]]
    assert users == [name]
    role = production.template["Resources"][one["Role"]["Fn::GetAtt"][0]]["Properties"]
    assert "ManagedPolicyArns" not in role


def test_lambda_does_not_stop_what_loops_on_purpose(production: Stack) -> None:
    """Verifying and sending call each other for every mail: after 16 rounds Lambda would put the job into the
    DLQ ("Recursive loop detection", Lambda developer guide)."""
    found = {name for name, one in production.functions.items() if one.get("RecursiveLoop") == "Allow"}
    assert found == {"send-email", "verify-email", "lead-import"}


@pytest.mark.parametrize("name", FIGURES)
def test_every_handler_exists(production: Stack, name: str) -> None:
    module, _, function = production.functions[name]["Handler"].rpartition(".")
    assert function == "handler"
    assert importlib.util.find_spec(module) is not None


def test_all_functions_share_one_archive(production: Stack) -> None:
    assert len({str(one["Code"]) for one in production.functions.values()}) == 1


@pytest.mark.parametrize("name", FIGURES)
def test_a_function_reads_its_settings_back_from_its_variables(production: Stack, name: str) -> None:
    variables = production.functions[name]["Environment"]["Variables"]
    read = from_env({key: plain(value) for key, value in variables.items()})
    for field in ("env", "region", "mailer", "verifier", "configuration_set", "api_origins", "api_admins"):
        assert getattr(read, field) == getattr(PRODUCTION, field), field
    assert read.api_auth == "iam"
    assert read.public_url.startswith("https://")
    assert read.feedback_queue_url.endswith("/123456789012/ses-feedback")
    assert variables["PIVOTR_IMPORT_BUCKET"]


def test_variables_name_nothing_of_this_machine_and_no_secret(production: Stack) -> None:
    text = str(production.functions["send-email"]["Environment"])
    assert str(PRODUCTION.home) not in text
    assert not [word for word in ("HOME", "SMTP", "MAILBOX", "SECRET", "API_KEY", "ALERT") if word in text]


def test_queues_are_read_by_their_functions_with_partial_answers(production: Stack) -> None:
    found = sources(production)
    assert {name: one["BatchSize"] for name, one in found.items()} == {
        "send-email": 1, "verify-email": 1, "process-feedback": 10,
    }  # fmt: skip
    for name, one in found.items():
        assert one["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert one["ScalingConfig"] == {"MaximumConcurrency": FIGURES[name][0]}
        assert "FilterCriteria" not in one, "SQS deletes what a filter does not match"
        assert "MaximumBatchingWindowInSeconds" not in one


def test_an_account_without_reserves_reads_each_queue_twice_at_once(dev: Stack) -> None:
    assert not any("ReservedConcurrentExecutions" in one for one in dev.functions.values())
    assert [one["ScalingConfig"] for one in sources(dev).values()] == [{"MaximumConcurrency": 2}] * 3


def test_the_heartbeat_comes_every_five_minutes_and_stale_ones_are_dropped(production: Stack) -> None:
    (rule,) = production.resources("AWS::Events::Rule").values()
    assert rule["Properties"]["ScheduleExpression"] == "rate(5 minutes)"
    (target,) = rule["Properties"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 0}
    (config,) = production.resources("AWS::Lambda::EventInvokeConfig").values()
    assert config["Properties"]["MaximumEventAgeInSeconds"] == 60
    assert config["Properties"]["MaximumRetryAttempts"] == 0


def test_nothing_runs_that_is_not_ours(production: Stack, dev: Stack) -> None:
    for stack in (production, dev):
        assert set(stack.functions) == set(FIGURES)
        assert not [one for one in stack.template["Resources"].values() if one["Type"].startswith("Custom::")]


def test_log_retention_that_cloudwatch_does_not_know_is_refused_with_the_nearest() -> None:
    odd = DEV.model_copy(update={"log_retention_days": 31})
    with pytest.raises(Exception, match="cannot keep logs for 31 days") as refused:
        config_of(odd)
    assert "PIVOTR_LOG_RETENTION_DAYS=30" in refused.value.hint  # type: ignore[attr-defined]
