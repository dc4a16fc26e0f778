"""`pivotr campaign remove-sender`: a mailbox leaves, the last one cannot."""

from __future__ import annotations

import json

from tests.cli.conftest import Run


def senders(pivotr: Run, campaign: str) -> list[str]:
    shown = json.loads(pivotr("campaign", "show", campaign, "--json").out)
    return list(shown["senders"])


def draft_of_two(pivotr: Run) -> str:
    assert pivotr("sender", "add", "other@acme.example").code == 0
    ended = pivotr(
        "campaign", "create", "Holi", "--template", "intro", "--sender", "sales@acme.example",
        "--sender", "other@acme.example", "--list", "diwali", "--window", "always", "--gap", "0",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    return ended.out.strip()


def test_a_sender_leaves_a_running_campaign(pivotr: Run, ready: None) -> None:
    campaign = draft_of_two(pivotr)
    assert pivotr("campaign", "start", campaign).code == 0
    assert len(senders(pivotr, campaign)) == 2
    ended = pivotr("campaign", "remove-sender", campaign, "sales@acme.example", "--move-follow-ups")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.strip() == (
        "sales@acme.example sends nothing more for “Holi”. A mail that is on its way may still leave."
    )
    assert len(senders(pivotr, campaign)) == 1
    again = pivotr("campaign", "remove-sender", campaign, "sales@acme.example")
    assert again.code == 4
    assert again.err == (
        f"sales@acme.example sends nothing for “Holi”.\n→ See who does: pivotr campaign show {campaign}\n"
    )


def test_the_last_sender_cannot_leave(pivotr: Run, draft: str) -> None:
    ended = pivotr("campaign", "remove-sender", draft, "sales@acme.example")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == (
        "sales@acme.example is the last sender of “Diwali outreach”.\n"
        f"→ End the campaign instead: pivotr campaign abort {draft}\n"
    )
    assert len(senders(pivotr, draft)) == 1


def test_as_json_it_is_the_campaign(pivotr: Run, ready: None) -> None:
    campaign = draft_of_two(pivotr)
    ended = pivotr("campaign", "remove-sender", campaign, "other@acme.example", "--json")
    found = json.loads(ended.out)
    assert (ended.code, len(found["senders"]), sum(found["shares"].values())) == (0, 1, found["cap"])
