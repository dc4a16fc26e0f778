"""Stacks, account and inspection as AWS answers: its own words in, one sentence and a hint out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from pivotr.adapters.aws.account import AwsAccount
from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.cloudformation import CloudFormationStacks
from pivotr.adapters.aws.inspection import AwsInspector
from pivotr.cli.exit_codes import exit_code
from pivotr.domain.checkups import may_sns_write
from pivotr.errors import Misconfigured, PivotrError, Rejected, Unavailable
from pivotr.ports.deployment import Change, Concurrency

REGION = "ap-south-1"

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "pivotr-dev"
ARN = f"arn:aws:cloudformation:ap-south-1:123456789012:stack/{NAME}/1"


@pytest.fixture
def own(no_credentials: None) -> Clients:
    """Clients of this test alone: a stubbed one must not meet another test."""
    return Clients(REGION, credentials=Credentials("AKIAEXAMPLEEXAMPLE00", "example"))


@pytest.fixture
def cloudformation(no_credentials: None, own: Clients) -> Iterator[Stubber]:
    with Stubber(own.client("cloudformation", attempts=5)) as stubber:
        yield stubber


@pytest.fixture
def stacks(own: Clients, cloudformation: Stubber) -> CloudFormationStacks:
    return CloudFormationStacks(own)


def told(status: str, **more: Any) -> dict[str, Any]:
    return {
        "Stacks": [{"StackName": NAME, "StackId": ARN, "CreationTime": AT, "StackStatus": status, **more}]
    }


def test_a_stack_with_its_outputs(stacks: CloudFormationStacks, cloudformation: Stubber) -> None:
    outputs = [{"OutputKey": "ApiUrl", "OutputValue": "https://api.example"}]
    answer = told("UPDATE_COMPLETE", Outputs=outputs, EnableTerminationProtection=True)
    cloudformation.add_response("describe_stacks", answer)
    found = stacks.find(NAME)
    assert found is not None
    assert (found.status, found.outputs, found.is_protected) == (
        "UPDATE_COMPLETE", {"ApiUrl": "https://api.example"}, True,
    )  # fmt: skip


def test_no_stack_is_no_error(stacks: CloudFormationStacks, cloudformation: Stubber) -> None:
    cloudformation.add_client_error(
        "describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist", 400
    )
    assert stacks.find(NAME) is None
    cloudformation.add_response("describe_stacks", told("DELETE_COMPLETE"))
    assert stacks.find(NAME) is None


def test_changes_over_several_pages(stacks: CloudFormationStacks, cloudformation: Stubber) -> None:
    def page(resource: str, replacement: str, **more: str) -> dict[str, Any]:
        change = {"Action": "Modify", "LogicalResourceId": resource, "ResourceType": "AWS::SQS::Queue",
                  "PhysicalResourceId": resource.lower(), "Replacement": replacement}  # fmt: skip
        return {
            "Status": "CREATE_COMPLETE",
            "Changes": [{"Type": "Resource", "ResourceChange": change}],
            **more,
        }

    cloudformation.add_response("describe_change_set", page("One", "True", NextToken="more"))
    cloudformation.add_response("describe_change_set", page("Two", "Conditional"))
    assert stacks.changes(NAME, "pivotr") == (
        Change("Modify", "One", "AWS::SQS::Queue", "one", "True"),
        Change("Modify", "Two", "AWS::SQS::Queue", "two", "Conditional"),
    )


@pytest.mark.parametrize(
    "reason",
    ["The submitted information didn't contain changes. Submit different information to create a change set.",
     "No updates are to be performed."],
)  # fmt: skip
def test_a_change_set_without_changes(
    stacks: CloudFormationStacks, cloudformation: Stubber, reason: str
) -> None:
    failed = {"Status": "FAILED", "StatusReason": reason, "Changes": []}
    cloudformation.add_response("describe_change_set", failed)
    assert stacks.changes(NAME, "pivotr") == ()


def test_a_change_set_that_is_refused(stacks: CloudFormationStacks, cloudformation: Stubber) -> None:
    failed = {"Status": "FAILED", "StatusReason": "Transform failed", "Changes": []}
    cloudformation.add_response("describe_change_set", failed)
    with pytest.raises(Rejected, match="Transform failed"):
        stacks.changes(NAME, "pivotr")


def test_events_oldest_first_and_only_new_ones(stacks: CloudFormationStacks, cloudformation: Stubber) -> None:
    def one(number: int, minutes: int) -> dict[str, Any]:
        return {"StackId": ARN, "EventId": str(number), "StackName": NAME, "LogicalResourceId": "A",
                "Timestamp": AT + timedelta(minutes=minutes)}  # fmt: skip

    cloudformation.add_response(
        "describe_stack_events", {"StackEvents": [one(3, 2), one(2, 1), one(1, -5)], "NextToken": "older"}
    )
    assert [event.id for event in stacks.events(NAME, AT)] == ["2", "3"]


@pytest.mark.parametrize(
    ("code", "kind", "exit_status", "hint"),
    [
        ("ExpiredToken", Misconfigured, 7, "aws sso login"),
        ("AccessDenied", Misconfigured, 7, "right"),
        ("Throttling", Unavailable, 6, "moment"),
        ("InvalidClientTokenId", Misconfigured, 7, "AWS_PROFILE"),
    ],
)
def test_what_aws_refuses_is_one_sentence_with_a_hint(
    own: Clients, code: str, kind: type[PivotrError], exit_status: int, hint: str
) -> None:
    with Stubber(own.client("sts")) as stubber:
        stubber.add_client_error("get_caller_identity", code, "The security token is not fit", 400)
        with pytest.raises(kind) as raised:
            AwsAccount(own, REGION).identity()
    assert hint in raised.value.hint
    assert exit_code(raised.value) == exit_status
    assert "\n" not in raised.value.sentence


def test_no_credentials_at_all(no_credentials: None) -> None:
    with pytest.raises(Misconfigured, match="no AWS credentials"):
        AwsAccount(Clients(REGION), REGION).identity()


def test_a_region_that_nobody_knows(no_credentials: None) -> None:
    nowhere = Clients("eu-nowhere-9", "http://127.0.0.1:1", Credentials("a", "b"))
    with pytest.raises(Misconfigured, match="no region “eu-nowhere-9”"):
        AwsAccount(nowhere, "eu-nowhere-9").identity()
    with pytest.raises(Unavailable, match="no connection"):
        AwsAccount(Clients(REGION, "http://127.0.0.1:1", Credentials("a", "b")), REGION).identity()


def test_bootstrap_and_concurrency(no_credentials: None, own: Clients) -> None:
    account = AwsAccount(own, REGION)
    with Stubber(own.client("ssm")) as ssm:
        ssm.add_client_error("get_parameter", "ParameterNotFound")
        assert account.bootstrap_version() is None
        ssm.add_response("get_parameter", {"Parameter": {"Value": "33"}})
        assert account.bootstrap_version() == 33
    with Stubber(own.client("lambda")) as functions:
        limits = {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 944}}
        functions.add_response("get_account_settings", limits)
        functions.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": 5})
        functions.add_client_error("get_function_concurrency", "ResourceNotFoundException")
        assert account.concurrency(("here", "gone")) == Concurrency(1000, 944, {"here": 5})


@pytest.mark.slow
def test_absent_things_are_no_errors(account: None, own: Clients) -> None:
    inspector = AwsInspector(own)
    assert inspector.table("pivotr-dev-leads") is None
    assert inspector.queue("pivotr-dev-sending-queue") is None
    assert inspector.function("pivotr-dev-send-email") is None
    assert inspector.ses_identity("sales@acme.example") is None
    assert not inspector.has_secret("pivotr-dev-keys")
    assert inspector.answer_of("http://127.0.0.1:1/api/health") == 0


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ("", False),
        ('{"Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}]}', True),
        ('{"Statement": {"Effect": "Allow", "Principal": "*"}}', True),
        ('{"Statement": [{"Effect": "Deny", "Principal": "*"}]}', False),
        ('{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "123456789012"}}]}', False),
    ],
)
def test_who_may_write_to_the_feedback_queue(policy: str, may: bool) -> None:  # noqa: FBT001
    assert may_sns_write(policy) is may
