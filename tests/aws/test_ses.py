"""Mails through SES: one attempt on a fresh connection, and what every answer means."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.ses import SesMailer, ses_client
from pivotr.errors import Misconfigured, Unavailable
from pivotr.ports.mailer import (
    Accepted,
    AccountRefused,
    Mail,
    NotSent,
    Outcome,
    Quota,
    RecipientRejected,
    Unknown,
)
from tests.aws.ses_server import BROKEN, SILENT, Ses, serve

KEYS = Credentials("AKIAEXAMPLEEXAMPLE00", "example")
MIME = "From: Asha <asha@acme.example>\r\nTo: ravi@rao.example\r\n\r\nGrüße\r\n".encode()
MAIL = Mail("asha@acme.example", ("ravi@rao.example",), MIME, {"campaign": "c1", "attempt": "2026-a_b"})


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Ses, Any]]:
    """A server and a client for it: a client takes a quarter of a second."""
    with serve(Ses()) as server:
        yield server, ses_client(Clients("ap-south-1", server.url, KEYS))


@pytest.fixture
def ses(running: tuple[Ses, Any]) -> Ses:
    running[0].forget()
    return running[0]


@pytest.fixture
def mailer(ses: Ses, running: tuple[Ses, Any]) -> SesMailer:
    return SesMailer(lambda: running[1], "events")


def refusal(code: str, message: str = "said", status: int = 400) -> tuple[int, str, dict[str, str]]:
    return status, code, {"message": message}


def test_a_mail_leaves_as_the_bytes_it_is_with_its_tags(mailer: SesMailer, ses: Ses) -> None:
    assert mailer.send(MAIL) == Accepted("0109019ac1e2f3a4-5b6c7d8e-0000")
    (request,) = ses.sends()
    assert base64.b64decode(request.pop("Content")["Raw"]["Data"]) == MIME
    assert request == {
        "FromEmailAddress": "asha@acme.example",
        "Destination": {"ToAddresses": ["ravi@rao.example"]},
        "ConfigurationSetName": "events",
        "EmailTags": [{"Name": "campaign", "Value": "c1"}, {"Name": "attempt", "Value": "2026-a_b"}],
    }


def test_without_a_configuration_set_none_is_named(ses: Ses) -> None:
    SesMailer(lambda: ses_client(Clients("ap-south-1", ses.url, KEYS))).send(MAIL)
    assert "ConfigurationSetName" not in ses.sends()[0]


def test_each_thread_sends_with_a_client_of_its_own(ses: Ses) -> None:
    made: list[Any] = []

    def make() -> Any:
        made.append(ses_client(Clients("ap-south-1", ses.url, KEYS)))
        return made[-1]

    mailer = SesMailer(make)
    outcomes: list[Outcome] = []
    threads = [threading.Thread(target=lambda: outcomes.append(mailer.send(MAIL))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert len(made) == 2


RATE = "Maximum sending rate exceeded."
SANDBOX = "Email address is not verified. The following identities failed the check in region AP-SOUTH-1: {}"
DENIED = (
    "User `arn:aws:sts::111122223333:assumed-role/r/f' is not authorized to perform `ses:SendRawEmail' on "
    "resource `arn:aws:ses:ap-south-1:111122223333:identity/{}'"
)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("TooManyRequestsException", RATE, 429), NotSent("throttled", "")),
        (refusal("ThrottlingException", RATE), NotSent("throttled", "")),
        (refusal("TooManyRequestsException", "Daily message quota exceeded.", 429), NotSent("quota", "")),
        (refusal("LimitExceededException"), AccountRefused("account", "")),
        (refusal("LimitExceededException", "Daily sending quota exceeded"), NotSent("quota", "")),
        (refusal("AccountSuspendedException"), AccountRefused("account", "")),
        (refusal("SendingPausedException"), AccountRefused("account", "")),
        (refusal("MailFromDomainNotVerifiedException"), AccountRefused("sender", "")),
        (refusal("NotFoundException", "Configuration set <events> does not exist.", 404),
         AccountRefused("account", "")),
        (refusal("MessageRejected", SANDBOX.format("ravi@rao.example")), AccountRefused("account", "")),
        (refusal("MessageRejected", SANDBOX.format("ravi@rao.example, asha@acme.example")),
         AccountRefused("account", "")),
        (refusal("MessageRejected", SANDBOX.format("asha@acme.example")), AccountRefused("sender", "")),
        (refusal("MessageRejected", SANDBOX.format("acme.example")), AccountRefused("sender", "")),
        (refusal("MessageRejected", "Email address is not verified."), AccountRefused("account", "")),
        (refusal("MessageRejected", "Message contains a virus."), RecipientRejected("")),
        (refusal("BadRequestException", "Local address is malformed"), RecipientRejected("")),
        (refusal("AccessDeniedException", DENIED.format("acme.example"), 403), AccountRefused("sender", "")),
        (refusal("AccessDeniedException", DENIED.format("rao.example"), 403), AccountRefused("account", "")),
        (refusal("AccessDeniedException", "User is not authorized", 403), AccountRefused("account", "")),
        (refusal("ExpiredTokenException", "The token is expired", 403), AccountRefused("account", "")),
        (refusal("SignatureDoesNotMatch", "does not match", 403), AccountRefused("account", "")),
        (refusal("UnrecognizedClientException", "invalid token", 403), AccountRefused("account", "")),
        (refusal("InternalFailure", "", 500), Unknown("")),
        (refusal("ServiceUnavailable", "", 503), Unknown("")),
        (refusal("ThrottlingException", "", 503), Unknown("")),
        (refusal("SomethingNew"), Unknown("")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else None,
)  # fmt: skip
def test_what_each_answer_means(
    mailer: SesMailer, ses: Ses, answer: tuple[int, str, Any], expected: Outcome
) -> None:
    ses.script = [answer]
    outcome = mailer.send(MAIL)
    assert type(outcome) is type(expected)
    assert getattr(outcome, "reason", "") == getattr(expected, "reason", "")
    assert getattr(outcome, "scope", "") == getattr(expected, "scope", "")
    assert answer[1] in getattr(outcome, "text", "")
    assert len(ses.sends()) == 1


def test_every_error_of_the_service_model_is_a_sure_no(mailer: SesMailer, ses: Ses) -> None:
    model = botocore.session.Session().get_service_model("sesv2").operation_model("SendEmail")
    assert len(model.error_shapes) == 8
    for shape in model.error_shapes:
        ses.script = [refusal(shape.name, "said", shape.metadata["error"]["httpStatusCode"])]
        assert not isinstance(mailer.send(MAIL), Unknown | Accepted), shape.name


def test_a_throttle_that_gives_no_reason_is_settled_by_the_quota(mailer: SesMailer, ses: Ses) -> None:
    account = {"SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 200.0}}
    ses.script = [refusal("TooManyRequestsException", "Too many requests", 429), (200, "", account)]
    outcome = mailer.send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "quota"
    account["SendQuota"]["SentLast24Hours"] = 199.0
    ses.script = [refusal("TooManyRequestsException", "Too many requests", 429), (200, "", account)]
    outcome = mailer.send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "throttled"


def test_a_wrong_signature_does_not_repeat_the_request(mailer: SesMailer, ses: Ses) -> None:
    text = (
        "The request signature does not match. The Canonical String should have been x-amz-security-token:abc"
    )
    ses.script = [refusal("SignatureDoesNotMatch", text, 403)]
    outcome = mailer.send(MAIL)
    assert isinstance(outcome, AccountRefused)
    assert "abc" not in outcome.text


@pytest.mark.parametrize("script", [BROKEN, (500, "InternalFailure", {})], ids=["connection broken", "500"])
def test_a_lost_answer_is_not_asked_for_again(
    mailer: SesMailer, ses: Ses, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    ses.script = [script]
    assert isinstance(mailer.send(MAIL), Unknown)
    assert len(ses.sends()) == 1


def test_silence_leaves_a_mail_in_doubt(ses: Ses) -> None:
    ses.script = [SILENT]
    clients = Clients("ap-south-1", ses.url, KEYS)
    mailer = SesMailer(lambda: clients.client("sesv2", attempts=1, connect=1.0, read=0.3))
    assert isinstance(mailer.send(MAIL), Unknown)
    assert len(ses.sends()) == 1


def test_a_connection_that_died_between_two_mails_costs_neither(mailer: SesMailer, ses: Ses) -> None:
    ses.drops_idle = True
    assert isinstance(mailer.quota(), Quota)
    assert isinstance(mailer.send(MAIL), Accepted)
    assert isinstance(mailer.send(MAIL), Accepted)


def test_a_server_that_is_not_there_has_not_got_the_mail() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and never listening: connecting is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        mailer = SesMailer(lambda: ses_client(Clients("ap-south-1", url, KEYS)))
        outcome = mailer.send(MAIL)
        assert isinstance(outcome, NotSent)
        assert outcome.reason == "unreachable"
        with pytest.raises(Unavailable):
            mailer.quota()


def test_without_credentials_nothing_is_sent() -> None:
    mailer = SesMailer(lambda: ses_client(Clients("ap-south-1")))
    outcome = mailer.send(MAIL)
    assert isinstance(outcome, AccountRefused)
    assert "credentials" in outcome.text
    with pytest.raises(Misconfigured):
        mailer.quota()


def test_the_quota_is_that_of_the_account(mailer: SesMailer, ses: Ses) -> None:
    limits = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 123.0}
    ses.script = [(200, "", {"SendQuota": limits, "ProductionAccessEnabled": False})]
    assert mailer.quota() == Quota(50000.0, 123.0, 14.0, is_production=False)


def test_a_whole_account_in_this_process_takes_the_mail(account: None, clients: Clients) -> None:
    clients.client("sesv2").create_email_identity(EmailIdentity="asha@acme.example")
    assert isinstance(SesMailer(lambda: ses_client(clients)).send(MAIL), Accepted)


def test_the_time_limits_leave_room_in_the_function() -> None:
    with mock_aws():
        config = ses_client(Clients("ap-south-1", credentials=KEYS)).meta.config
    assert (config.connect_timeout, config.read_timeout) == (5.0, 10.0)
    assert config.retries["total_max_attempts"] == 1
