"""Secrets of an account: made once, read when they are needed, restored rather than replaced, never shown."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from botocore.stub import Stubber

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.secrets import AwsSecrets
from pivotr.adapters.key_material import Keys
from pivotr.adapters.myemailverifier import MyEmailVerifier
from pivotr.errors import Misconfigured, NoAnswer, PivotrError, Unavailable


@dataclass
class Watch:
    """Seconds that go on when a test says so."""

    seconds: float = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def secrets(account: None, clients: Clients, watch: Watch) -> AwsSecrets:
    return AwsSecrets(clients, "dev", now=watch)


def test_keys_are_made_once(secrets: AwsSecrets, clients: Clients) -> None:
    assert secrets.ensure_keys(may_create=True)
    made = secrets.keys()
    assert len(made.lead) == 32
    assert not secrets.ensure_keys(may_create=True)
    assert AwsSecrets(clients, "dev").keys() == made
    stored = clients.client("secretsmanager").get_secret_value(SecretId="pivotr-dev-keys")
    assert json.loads(stored["SecretString"]) == {
        "lead": made.lead.hex(),
        "unsubscribe": [made.unsubscribe[0].hex()],
    }
    assert made.lead.hex() not in repr(made)


def test_keys_that_are_lost_are_not_replaced_in_silence(secrets: AwsSecrets) -> None:
    with pytest.raises(Misconfigured, match="is gone"):
        secrets.ensure_keys(may_create=False)
    assert not secrets.facts(names.SECRET_KEYS).is_set


def test_keys_that_somebody_has_marked_for_deletion_come_back(secrets: AwsSecrets, clients: Clients) -> None:
    secrets.ensure_keys(may_create=True)
    made = secrets.keys()
    clients.client("secretsmanager").delete_secret(SecretId="pivotr-dev-keys", RecoveryWindowInDays=7)
    assert not secrets.facts(names.SECRET_KEYS).is_set
    assert not secrets.ensure_keys(may_create=True)
    assert AwsSecrets(clients, "dev").keys() == made


def test_a_new_key_for_links_leaves_the_old_ones_valid(secrets: AwsSecrets) -> None:
    secrets.ensure_keys(may_create=True)
    first = secrets.keys()
    assert [secrets.rotate_unsubscribe_key() for _ in range(2)] == [1, 2]
    now = secrets.keys()
    assert now.lead == first.lead
    assert (len(now.unsubscribe), now.unsubscribe[-1]) == (3, first.unsubscribe[0])


def test_environments_do_not_share_their_keys(secrets: AwsSecrets, clients: Clients) -> None:
    production = AwsSecrets(clients, "production")
    secrets.ensure_keys(may_create=True)
    production.ensure_keys(may_create=True)
    assert secrets.keys() != production.keys()


def test_a_secret_can_be_set_set_again_and_set_after_a_deletion(
    secrets: AwsSecrets, clients: Clients
) -> None:
    for value in ("one", "two"):
        secrets.put(names.SECRET_VERIFIER, value)
        assert AwsSecrets(clients, "dev").verifier_key() == value
    clients.client("secretsmanager").delete_secret(SecretId="pivotr-dev-myemailverifier")
    secrets.put(names.SECRET_VERIFIER, "three")
    assert secrets.verifier_key() == "three"
    facts = secrets.facts(names.SECRET_VERIFIER)
    assert facts.is_set
    assert "three" not in repr(facts)


def test_what_is_not_set_says_how_to_set_it(secrets: AwsSecrets) -> None:
    with pytest.raises(Misconfigured) as raised:
        secrets.verifier_key()
    assert "pivotr secrets set myemailverifier" in raised.value.hint
    with pytest.raises(Misconfigured) as raised:
        secrets.keys()
    assert "pivotr deploy" in raised.value.hint


@pytest.mark.parametrize("text", ["", "no json", "{}", '{"lead": "zz", "unsubscribe": []}'])
def test_spoilt_keys_are_named_and_not_shown(secrets: AwsSecrets, text: str) -> None:
    secrets.put(names.SECRET_KEYS, text or " ")
    with pytest.raises(Misconfigured, match="pivotr-dev-keys") as raised:
        secrets.keys()
    assert "zz" not in str(raised.value)


def test_a_key_is_read_anew_when_it_was_refused_and_not_at_every_check(
    clients: Clients, watch: Watch
) -> None:
    """The verifier asks at its first check, and again when the vendor answers 401."""
    with Stubber(clients.client("secretsmanager")) as stub:
        for value in ("old", "new"):
            stub.add_response(
                "get_secret_value", {"SecretString": value}, {"SecretId": "pivotr-dev-myemailverifier"}
            )
        secrets = AwsSecrets(clients, "dev", now=watch)
        assert [secrets.verifier_key(), secrets.verifier_key()] == ["old", "old"]
        watch.seconds += 10
        assert [secrets.verifier_key(), secrets.verifier_key()] == ["new", "new"]
        stub.assert_no_pending_responses()


def test_a_verifier_uses_the_key_that_was_set_after_a_refusal(secrets: AwsSecrets, watch: Watch) -> None:
    from tests.aws.vendor import vendor

    secrets.put(names.SECRET_VERIFIER, "old")
    with vendor(accepts="new") as url:
        verifier = MyEmailVerifier(secrets.verifier_key, url=url)
        with pytest.raises(Misconfigured):
            verifier.check("asha@rao.example")
        watch.seconds += 60
        secrets.put(names.SECRET_VERIFIER, "new")
        assert verifier.check("asha@rao.example").verdict == "valid"


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, Unavailable),
        ("InternalServiceError", 500, NoAnswer),
        ("AccessDeniedException", 400, Misconfigured),
        ("DecryptionFailure", 400, PivotrError),
    ],
)
def test_trouble_is_told_as_our_errors(
    clients: Clients, code: str, status: int, expected: type[PivotrError]
) -> None:
    with Stubber(clients.client("secretsmanager")) as stub:
        stub.add_client_error("get_secret_value", code, "said", status)
        with pytest.raises(expected):
            AwsSecrets(clients, "dev").keys()


def test_keys_come_as_they_were_kept() -> None:
    keys = Keys(b"\x01" * 32, (b"\x02" * 32,))
    from pivotr.adapters.key_material import from_json, to_json

    assert from_json(to_json(keys)) == keys
