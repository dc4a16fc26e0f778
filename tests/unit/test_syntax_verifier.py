"""The verifier that asks nobody."""

from __future__ import annotations

import pytest

from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier


@pytest.mark.parametrize(
    ("email", "verdict", "flags"),
    [
        ("ravi.kumar@shop.example", "valid", set()),
        ("ravi@xn--80ak6aa92e.com", "valid", set()),
        ("info@shop.example", "valid", {"role"}),
        ("sales@shop.example", "valid", {"role"}),
        ("admin+news@shop.example", "valid", {"role"}),
        ("hr@shop.example", "valid", {"role"}),
        ("informant@shop.example", "valid", set()),
        ("ravi@gmail.com", "valid", {"free"}),
        ("ravi@mailinator.com", "risky", {"disposable"}),
        ("ravi@team.mailinator.com", "risky", {"disposable"}),
        ("ravi@notmailinator.com", "valid", set()),
        ("info@yopmail.com", "risky", {"disposable", "role"}),
        ("ravi@gmial.com", "valid", set()),
        ("ravi", "invalid", set()),
        ("ravi@", "invalid", set()),
        ("@shop.example", "invalid", set()),
        ("ravi@localhost", "invalid", set()),
        ("", "invalid", set()),
    ],
)
def test_verdict_on_a_shape(email: str, verdict: str, flags: set[str]) -> None:
    found = SyntaxVerifier().check(email)
    assert (found.verdict, found.flags) == (verdict, flags)
    assert found.detail


def test_checks_are_free_and_unlimited() -> None:
    verifier = SyntaxVerifier()
    assert verifier.credits() is None
    assert verifier.credits_matter is False
