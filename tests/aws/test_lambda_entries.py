"""Every function as Lambda runs it: built while it is imported, turned by one event in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pivotr import names
from pivotr.functions.events import schedule_event, sqs_event
from pivotr.ports.queues import Received
from tests.aws.loopback import KEYS, VERIFIER_KEY, Account, serve, variables

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SENDER = "sales@acme.example"
FEEDBACK = json.loads((ROOT / "tests/data/events/sqs_feedback.json").read_text(encoding="utf-8"))
FEEDBACK["Records"] = FEEDBACK["Records"][:1]


def records(queue: names.QueueSpec, *bodies: str) -> dict[str, Any]:
    found = [Received(f"id-{number}", body, "r", 1, 0) for number, body in enumerate(bodies)]
    return sqs_event(queue.name, found, environment="dev", region="ap-south-1")


VERIFY = json.dumps({"kind": "verify", "sender": SENDER, "ticket": 1, "campaign": "c1"})
SEND = json.dumps({"kind": "send", "sender": SENDER, "ticket": 1, "campaign": "c1", "lead": "l1", "step": 1})
LINK = {
    "version": "2.0",
    "rawPath": "/u/nonsense",
    "headers": {"accept-language": "en"},
    "requestContext": {"requestId": "r-1", "http": {"method": "GET", "path": "/u/nonsense"}},
}
EVENTS: dict[str, dict[str, Any]] = {
    "send_email": records(names.SENDING_QUEUE, SEND),
    "verify_email": records(names.VERIFICATION_QUEUE, VERIFY),
    "process_feedback": FEEDBACK,
    "heartbeat": schedule_event(datetime(2026, 11, 24, tzinfo=UTC), environment="dev", region="ap-south-1"),
    "unsubscribe": LINK,
}
#: Function → operations of AWS that its first import makes, so that its first event need not wait for them.
READY = {
    "send_email": {"GetSecretValue", "GetItem", "GetQueueUrl"},
    "verify_email": {"GetSecretValue", "GetItem", "GetQueueUrl"},
    "process_feedback": {"GetSecretValue", "GetItem"},
    "heartbeat": {"GetSecretValue", "GetItem", "GetQueueUrl"},
    "unsubscribe": {"GetSecretValue", "GetItem"},
}


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with serve() as running:
        yield running


def turn(account: Account, function: str, event: dict[str, Any]) -> tuple[dict[str, Any], list[Any], str]:
    """What the process told, its lines of log, and everything that it wrote."""
    name = function.replace("_", "-")
    run = subprocess.run(
        [sys.executable, "-m", "tests.aws.first_event", function],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=variables(account, name),
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return json.loads(run.stderr), lines, run.stdout


@pytest.mark.parametrize("function", EVENTS)
def test_the_first_event_loads_nothing_more(account: Account, function: str) -> None:
    account.calls.clear()
    told, lines, written = turn(account, function, EVENTS[function])
    assert told["grown"] == []
    assert not {"typer", "rich", "boto3", "aws_cdk", "moto"} & set(told["loaded"])
    assert set(account.calls) >= READY[function]
    if "batchItemFailures" in told["answer"]:
        assert told["answer"] == {"batchItemFailures": []}, lines
    for secret in (VERIFIER_KEY, *json.loads(KEYS)["unsubscribe"], json.loads(KEYS)["lead"], "nonsense"):
        assert secret not in written


def test_a_worker_does_not_load_the_api_nor_the_batch_processor(account: Account) -> None:
    told, _, _ = turn(account, "send_email", EVENTS["send_email"])
    loaded = set(told["loaded"])
    assert not {name for name in loaded if name.startswith(("pivotr.api", "pivotr.cli"))}
    assert "aws_lambda_powertools.event_handler" not in loaded
    assert "aws_lambda_powertools.utilities.batch" not in loaded


def test_failed_records_are_told_as_lines_and_as_a_metric(account: Account) -> None:
    event = records(names.SENDING_QUEUE, "{}", SEND, "no json")
    told, lines, _ = turn(account, "send_email", event)
    assert told["answer"] == {"batchItemFailures": [{"itemIdentifier": "id-0"}, {"itemIdentifier": "id-2"}]}
    warnings = [line for line in lines if line.get("level") == "WARNING"]
    assert [line["correlation_id"] for line in warnings] == ["id-0", "id-2"]
    assert {line["function_request_id"] for line in warnings} == {"request-1"}
    (metric,) = [line for line in lines if "_aws" in line]
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Metrics"]) == (
        "Pivotr", [{"Name": "FailedRecords", "Unit": "Count"}],
    )  # fmt: skip
    assert ["Environment"] in directive["Dimensions"]
    assert (metric["Environment"], metric["Function"], metric["FailedRecords"]) == ("dev", "send-email", 2)


def test_a_function_that_cannot_be_built_says_why_and_tries_again_with_the_first_event() -> None:
    nowhere = Account(url="http://127.0.0.1:9")
    run = subprocess.run(
        [sys.executable, "-m", "tests.aws.first_event", "send_email"],
        input=json.dumps(EVENTS["send_email"]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=variables(nowhere, "send-email"),
        check=False,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert lines[0]["message"] == "send-email is not ready"
    assert "There is no connection to" in lines[0]["exception"]
    told = json.loads(run.stderr)
    assert told["answer"] == {"batchItemFailures": [{"itemIdentifier": "id-0"}]}
