"""Queues of the guide's phase 4, the way of feedback of phase 6, and the bucket of lead files."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pivotr.errors import InvalidInput, Misconfigured
from pivotr.infra.config import config_of
from pivotr.settings import Settings
from tests.infra.conftest import Stack, plain

DAY = 86_400


def statements(stack: Stack, kind: str) -> list[dict[str, Any]]:
    return [
        statement
        for one in stack.resources(kind).values()
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_receive_counts_visibility_and_retention(dev: Stack) -> None:
    found = {
        name: (one.get("RedrivePolicy", {}).get("maxReceiveCount"), one.get("VisibilityTimeout"),
               one["MessageRetentionPeriod"])
        for name, one in dev.queues.items()
    }  # fmt: skip
    assert found == {
        "sending-queue": (3, 180, 4 * DAY),
        "sending-queue-dlq": (None, None, 14 * DAY),
        "verification-queue": (2, 90, DAY),
        "verification-queue-dlq": (None, None, 7 * DAY),
        "feedback-queue": (5, 60, 4 * DAY),
        "feedback-queue-dlq": (None, None, 14 * DAY),
    }


def test_each_queue_has_its_own_dead_letters(dev: Stack) -> None:
    ids = {key: one["Properties"]["QueueName"] for key, one in dev.resources("AWS::SQS::Queue").items()}
    for name, one in dev.queues.items():
        if not name.endswith("-dlq"):
            target = one["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert ids[target] == f"pivotr-dev-{name}-dlq"


def test_queues_are_encrypted_and_take_tls_only(production: Stack, dev: Stack) -> None:
    for stack in (production, dev):
        assert all(one["SqsManagedSseEnabled"] is True for one in stack.queues.values())
        refusals = [one for one in statements(stack, "AWS::SQS::QueuePolicy") if one["Effect"] == "Deny"]
        assert len(refusals) == len(stack.queues)
        for one in refusals:
            assert one["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert (one["Action"], one["Principal"]) == ("sqs:*", {"AWS": "*"})


def test_topics_and_the_bucket_take_tls_only(production: Stack, dev: Stack) -> None:
    for stack, topics in ((production, 1), (dev, 2)):
        denied = [one for one in statements(stack, "AWS::SNS::TopicPolicy") if one["Effect"] == "Deny"]
        assert len(denied) == len(stack.resources("AWS::SNS::Topic")) == topics
        (bucket,) = [one for one in statements(stack, "AWS::S3::BucketPolicy") if one["Effect"] == "Deny"]
        assert bucket["Action"] == "s3:*"
        assert bucket["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_existing_queue_is_read_and_not_made_again(production: Stack) -> None:
    assert not any("feedback" in name for name in production.queues)
    assert not production.resources("AWS::SES::ConfigurationSet")
    mappings = production.resources("AWS::Lambda::EventSourceMapping").values()
    arns = [plain(one["Properties"]["EventSourceArn"]) for one in mappings]
    assert "arn:<AWS::Partition>:sqs:ap-south-1:123456789012:ses-feedback" in arns
    (read,) = [one for one in production.policy("process-feedback") if one.get("Sid") == "EventSource"]
    assert plain(read["Resource"]).endswith(":ses-feedback")


def test_the_stack_makes_the_way_of_events_where_it_is_asked_to(dev: Stack) -> None:
    (destination,) = dev.resources("AWS::SES::ConfigurationSetEventDestination").values()
    said = destination["Properties"]["EventDestination"]
    assert set(said["MatchingEventTypes"]) >= {"BOUNCE", "COMPLAINT", "DELIVERY"}
    assert not {"OPEN", "CLICK"} & set(said["MatchingEventTypes"]), "SES would rewrite the mails"
    topic = said["SnsDestination"]["TopicARN"]["Ref"]
    (subscription,) = dev.resources("AWS::SNS::Subscription").values()
    assert subscription["Properties"]["TopicArn"] == {"Ref": topic}
    allowed = [one for one in statements(dev, "AWS::SNS::TopicPolicy") if one["Effect"] == "Allow"]
    (ses,) = [one for one in allowed if one["Principal"] == {"Service": "ses.amazonaws.com"}]
    assert ses["Condition"]["StringEquals"] == {"AWS:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert plain(ses["Condition"]["ArnLike"]["AWS:SourceArn"]).endswith("configuration-set/pivotr-dev-events")
    (sns,) = [one for one in statements(dev, "AWS::SQS::QueuePolicy") if one["Effect"] == "Allow"]
    assert sns["Principal"] == {"Service": "sns.amazonaws.com"}
    assert sns["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": topic}}}


def test_lead_files_are_private_encrypted_and_soon_forgotten(production: Stack) -> None:
    (bucket,) = (one["Properties"] for one in production.resources("AWS::S3::Bucket").values())
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (forget,) = bucket["LifecycleConfiguration"]["Rules"]
    assert forget["ExpirationInDays"] == 3
    (told,) = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    assert plain(told["Function"]).startswith("<FunctionsLeadImport")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Nothing says where the events of SES arrive."),
        ({"feedback_queue_url": "https://sqs.ap-south-1.amazonaws.com/123456789012/q"}, "configuration set"),
        ({"feedback_queue_url": "my-queue", "configuration_set": "c"}, "neither the address nor the ARN"),
        (
            {"feedback_queue_url": "arn:aws:sqs:eu-west-1:123456789012:q", "configuration_set": "c"},
            "is in eu-west-1, the stack in ap-south-1",
        ),
        ({"create_feedback": True, "api_auth": "jwt"}, "an issuer and an audience"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence_and_a_way_on(
    values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Misconfigured, match=sentence) as refused:
        config_of(Settings(env="dev", **values))
    assert "PIVOTR_" in refused.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "https://sqs.ap-south-1.amazonaws.com/123456789012/ses-feedback",
        "https://ap-south-1.queue.amazonaws.com/123456789012/ses-feedback",
        "arn:aws:sqs:ap-south-1:123456789012:ses-feedback",
    ],
)
def test_a_queue_is_known_by_any_of_its_addresses(address: str) -> None:
    found = config_of(Settings(env="dev", feedback_queue_url=address, configuration_set="events")).feedback
    assert found is not None
    assert (found.region, found.account, found.name) == ("ap-south-1", "123456789012", "ses-feedback")


def test_the_embedded_environment_has_no_stack() -> None:
    with pytest.raises(InvalidInput, match="needs no stack"):
        config_of(Settings())


def test_queue_addresses_are_outputs(dev: Stack) -> None:
    outputs = set(dev.template["Outputs"])
    assert {"SendingQueueUrl", "SendingQueueDlqUrl", "VerificationQueueUrl", "FeedbackQueueUrl"} <= outputs
    assert json.dumps(dev.template["Outputs"]["FeedbackQueueUrl"]["Value"])
