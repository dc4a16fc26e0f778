"""Verified identities and the suppression list of SES, by answers that its service model allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.ses_account import SesAccountList, SesIdentities
from pivotr.errors import Misconfigured, Rejected, Unavailable
from pivotr.ports.mailer import Listed

CLIENTS = Clients("ap-south-1", "", Credentials("AKIAEXAMPLEEXAMPLE00", "example"))


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(CLIENTS.client("sesv2")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def client() -> Any:
    return CLIENTS.client("sesv2")


def test_the_list_is_read_to_its_end(stub: Stubber) -> None:
    at = datetime(2026, 11, 20, 10, 0, 1, tzinfo=UTC)

    def page(*rows: tuple[str, str], **more: str) -> dict[str, Any]:
        summaries = [{"EmailAddress": a, "Reason": r, "LastUpdateTime": at} for a, r in rows]
        return {"SuppressedDestinationSummaries": summaries, **more}

    operation = "list_suppressed_destinations"
    stub.add_response(operation, page(("a@x.example", "BOUNCE"), NextToken="n1"), {"PageSize": 1000})
    stub.add_response(operation, page(NextToken="n2"), {"PageSize": 1000, "NextToken": "n1"})
    rows = page(("b@x.example", "COMPLAINT"), ("c@x.example", "SOMETHING_NEW"))
    stub.add_response(operation, rows, {"PageSize": 1000, "NextToken": "n2"})
    assert list(SesAccountList(client).entries()) == [
        Listed("a@x.example", "bounce", "2026-11-20T10:00:01.000Z"),
        Listed("b@x.example", "complaint", "2026-11-20T10:00:01.000Z"),
    ]


def test_an_address_is_put_with_its_reason(stub: Stubber) -> None:
    stub.add_response(
        "put_suppressed_destination", {}, {"EmailAddress": "a@x.example", "Reason": "COMPLAINT"}
    )
    SesAccountList(client).put("a@x.example", "complaint")


def test_what_ses_refuses_is_told(stub: Stubber) -> None:
    stub.add_client_error("list_suppressed_destinations", "AccessDeniedException", "no right", 403)
    with pytest.raises(Misconfigured):
        list(SesAccountList(client).entries())
    stub.add_client_error("get_email_identity", "TooManyRequestsException", "slow down", 429)
    with pytest.raises(Unavailable):
        SesIdentities(client).is_verified("sales@acme.example")


def test_a_domain_speaks_for_its_addresses_and_subdomains(stub: Stubber) -> None:
    def answer(identity: str, *, is_verified: bool | None) -> None:
        if is_verified is None:
            stub.add_client_error("get_email_identity", "NotFoundException", "none", 404)
        else:
            sent = {"EmailIdentity": identity}
            stub.add_response("get_email_identity", {"VerifiedForSendingStatus": is_verified}, sent)

    answer("sales@mail.acme.example", is_verified=None)
    answer("mail.acme.example", is_verified=False)
    answer("acme.example", is_verified=True)
    known = SesIdentities(client)
    assert known.is_verified("sales@mail.acme.example")
    answer("asha@rao.example", is_verified=None)
    answer("rao.example", is_verified=None)
    assert not known.is_verified("asha@rao.example")
    assert not known.is_verified("asha@rao.example")  # asked once


def test_identities_of_an_account() -> None:
    with mock_aws():
        clients = Clients("ap-south-1", "", Credentials("AKIAEXAMPLEEXAMPLE00", "example"))
        clients.client("sesv2").create_email_identity(EmailIdentity="acme.example")
        known = SesIdentities(lambda: clients.client("sesv2"))
        assert not known.is_verified("sales@rao.example")


def test_an_identity_is_made_known_once(stub: Stubber) -> None:
    wanted = {"EmailIdentity": "acme.example"}
    stub.add_response("create_email_identity", {"IdentityType": "DOMAIN"}, wanted)
    SesIdentities(client).add("acme.example")
    stub.add_client_error("create_email_identity", "AlreadyExistsException", expected_params=wanted)
    SesIdentities(client).add("acme.example")
    stub.add_client_error("create_email_identity", "BadRequestException", "no domain", 400)
    with pytest.raises(Rejected):
        SesIdentities(client).add("no domain")
