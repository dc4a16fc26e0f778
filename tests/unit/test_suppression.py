"""Suppressions: keys that hide the address and do not depend on how it is written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pivotr.domain.suppression import Suppression, address_key, domain_key

KEY = b"0123456789abcdef0123456789abcdef"


def test_one_person_has_one_key() -> None:
    expected = address_key(KEY, "jane@acme.com")
    for written in ("JANE@Acme.com", " jane@acme.com ", "Jane Doe <jane@acme.com>"):
        assert address_key(KEY, written) == expected
    assert address_key(KEY, "joan@acme.com") != expected


def test_the_key_does_not_tell_the_address_to_who_lacks_the_secret() -> None:
    assert "jane" not in address_key(KEY, "jane@acme.com")
    assert address_key(b"another secret of an installation", "jane@acme.com") != address_key(
        KEY, "jane@acme.com"
    )


def test_an_address_that_we_would_not_import_can_be_suppressed() -> None:
    assert address_key(KEY, "Root@localhost") == address_key(KEY, "root@localhost ")


@pytest.mark.parametrize("written", ["acme.com", "@acme.com", " @ACME.com "])
def test_domains(written: str) -> None:
    assert domain_key(written) == "@acme.com"


def test_international_domains_have_one_key() -> None:
    assert domain_key("exämple.com") == domain_key("xn--exmple-cua.com") == "@xn--exmple-cua.com"


def test_what_is_stored_comes_back() -> None:
    suppression = Suppression(
        key=address_key(KEY, "jane@acme.com"),
        reason="unsubscribe",
        source="one-click",
        actor="lead",
        at="2026-11-24T09:13:05.123Z",
        email="jane@acme.com",
    )
    assert Suppression.model_validate({**suppression.model_dump(), "later": 1}) == suppression
    assert not suppression.is_domain
    assert Suppression(key=domain_key("acme.com"), reason="operator").is_domain


def test_reasons_are_a_closed_set() -> None:
    with pytest.raises(ValidationError):
        Suppression.model_validate({"key": "x1", "reason": "mood"})
