"""Clients: every limit spelled out, made once; and what their errors mean for whoever called."""

from __future__ import annotations

import pytest
from botocore import exceptions as raised

from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.faults import fault
from pivotr.errors import Misconfigured, NoAnswer, PivotrError, Rejected, Unavailable

ADDRESS = "https://dynamodb.example"


def test_a_client_is_made_once_for_what_is_asked(clients: Clients) -> None:
    first = clients.client("dynamodb", attempts=1, read=3.0)
    assert clients.client("dynamodb", attempts=1, read=3.0) is first
    assert clients.client("dynamodb", attempts=1, read=4.0) is not first


def test_attempts_and_times_are_what_was_asked_for(clients: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "7")
    config = clients.client("sqs", attempts=1, connect=3, read=9).meta.config
    assert (config.retries["total_max_attempts"], config.retries["mode"]) == (1, "standard")
    assert (config.connect_timeout, config.read_timeout) == (3, 9)


def test_the_region_is_ours_and_never_a_variable_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients = Clients("eu-west-1", credentials=Credentials("a", "b"))
    assert clients.client("sqs").meta.region_name == "eu-west-1"
    assert clients.client("sqs", region="eu-north-1").meta.region_name == "eu-north-1"
    with pytest.raises(Misconfigured, match="region"):
        Clients("").client("sqs")


def test_an_endpoint_that_is_no_address_is_named() -> None:
    with pytest.raises(Misconfigured, match="nonsense"):
        Clients("eu-west-1", "nonsense").client("sqs")


def test_keys_do_not_show() -> None:
    assert "hush" not in repr(Credentials("AKIA", "hush", "hush too"))


def test_without_credentials_nothing_is_sent() -> None:
    with pytest.raises(raised.NoCredentialsError) as error:
        Clients("eu-west-1").client("dynamodb").list_tables()
    known = fault(error.value, "DynamoDB")
    assert type(known) is Misconfigured
    assert "aws sso login" in known.hint


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (raised.EndpointConnectionError(endpoint_url=ADDRESS), Unavailable),
        (raised.ConnectTimeoutError(endpoint_url=ADDRESS), Unavailable),
        (raised.ProxyConnectionError(proxy_url=ADDRESS), Unavailable),
        (raised.ReadTimeoutError(endpoint_url=ADDRESS), NoAnswer),
        (raised.ConnectionClosedError(endpoint_url=ADDRESS), NoAnswer),
        (raised.SSLError(endpoint_url=ADDRESS, error="broken"), NoAnswer),
        (raised.ResponseStreamingError(error="broken"), NoAnswer),
        (raised.HTTPClientError(error="broken"), NoAnswer),
        (raised.ProfileNotFound(profile="acme"), Misconfigured),
        (raised.UnauthorizedSSOTokenError(), Misconfigured),
        (raised.NoRegionError(), Misconfigured),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, Exception) else "",
)
def test_a_call_that_was_not_answered(error: Exception, expected: type[PivotrError]) -> None:
    assert type(fault(error, "DynamoDB")) is expected


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, Unavailable),
        ("ProvisionedThroughputExceededException", 400, Unavailable),
        ("TooManyRequestsException", 429, Unavailable),
        ("RequestLimitExceeded", 400, Unavailable),
        ("InternalServerError", 500, NoAnswer),
        ("ServiceUnavailable", 503, NoAnswer),
        ("TransactionInProgressException", 400, NoAnswer),
        ("AccessDeniedException", 400, Misconfigured),
        ("ExpiredTokenException", 400, Misconfigured),
        ("UnrecognizedClientException", 400, Misconfigured),
        ("InvalidSignatureException", 400, Misconfigured),
        ("ResourceNotFoundException", 400, Misconfigured),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, Misconfigured),
        ("ValidationException", 400, Rejected),
    ],
)
def test_an_answer_that_is_a_refusal(code: str, status: int, expected: type[PivotrError]) -> None:
    answer = {
        "Error": {"Code": code, "Message": "in its own words"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    known = fault(raised.ClientError(answer, "GetItem"), "DynamoDB")
    assert type(known) is expected
    assert known.hint
    assert known.sentence.startswith("DynamoDB")
