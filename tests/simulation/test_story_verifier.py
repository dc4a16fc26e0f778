"""A verifier that is down, out of credits, slow, or says what nobody understands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pivotr.errors import LimitReached, Misconfigured, Unavailable
from pivotr.ports.verifier import Verification
from tests.simulation.promises import check
from tests.simulation.story import account_day, beside, claims, mails_to, minutes, run_to, texts, told, utc
from tests.simulation.world import World


def noted(world: World) -> list[tuple[datetime, str]]:
    """From now on every check is noted with its instant."""
    found: list[tuple[datetime, str]] = []
    fails = world.checker.fails

    def note(email: str) -> Exception | None:
        found.append((world.clock.now(), email))
        return fails(email)

    world.checker.fails = note
    return found


def down_until(world: World, text: str, *, takes: float = 0.0) -> None:
    """The verifier answers nobody before an instant; each call takes a while until it is given up."""
    end = utc(text)

    def fails(email: str) -> Exception | None:
        if world.clock.now() >= end:
            return None
        world.clock.sleep(takes)
        return Unavailable("The verifier did not answer.")

    world.checker.fails = fails


@pytest.mark.parametrize("takes", [0.0, 9.0])
def test_a_verifier_down_for_six_hours(takes: float) -> None:
    """Nothing is sent, nothing is lost, and it goes on by itself a quarter of an hour later at most."""
    world, campaign = told(5, gap="60", begun=False)
    down_until(world, "2026-11-23 10:01", takes=takes)
    asked = noted(world)
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 10:01")
    check(world)
    assert world.provider.asked == []
    assert world.statuses() == {"queued": 5}
    assert world.read_status(campaign) == "running"
    assert account_day(world, "2026-11-23").get("used", 0) == 0
    # one, two, four and eight minutes, then every quarter of an hour: 28 calls, not one per minute
    assert len(asked) <= 28
    run_to(world, "2026-11-23 10:17")
    check(world)
    assert utc("2026-11-23 10:01") <= claims(world)[0] <= utc("2026-11-23 10:16:10")
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 5}


def test_the_back_off_doubles_to_a_quarter_of_an_hour() -> None:
    world, campaign = told(5, gap="60", begun=False)
    down_until(world, "2026-11-23 05:20")
    asked = noted(world)
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 05:31")
    assert [f"{at:%H:%M:%S}" for at, _ in asked[:8]] == [
        "04:00:00", "04:01:00", "04:03:00", "04:07:00", "04:15:00", "04:30:00", "04:45:00", "05:00:00",
    ]  # fmt: skip
    assert texts(claims(world))[0] == "2026-11-23 05:30:00"
    world.run_until_over(campaign)
    check(world)


@pytest.mark.slow
@pytest.mark.parametrize("takes", [0.0, 9.0])
def test_a_verifier_down_for_a_day_pauses_the_campaign_and_tells_why(takes: float) -> None:
    """After eight or nine hours of waiting an operator is needed; resuming is enough."""
    world, campaign = told(5, gap="60", window="always", begun=False)
    down_until(world, "2026-11-24 04:00", takes=takes)
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 12:00")
    assert world.read_status(campaign) == "running"
    run_to(world, "2026-11-23 13:30")
    found = world.read(campaign)
    assert found.status == "paused"
    assert found.reason == "verifier: no answer for hours. The verifier did not answer."
    assert world.statuses() == {"queued": 5}
    run_to(world, "2026-11-24 04:00")
    world.services.transitions.resume(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 5}


@pytest.mark.parametrize(
    "error",
    [LimitReached("The verifier has no credits left."), Misconfigured("The verifier refuses the key.")],
)
def test_a_verifier_that_refuses_for_good_pauses_with_its_reason(error: Exception) -> None:
    world, campaign = told(5, gap="60")
    run_to(world, "2026-11-23 04:01:30")
    world.checker.fails = lambda email: error
    run_to(world, "2026-11-23 05:00")
    check(world)
    found = world.read(campaign)
    assert (found.status, found.reason) == ("paused", f"verifier: {error}")
    statuses = world.statuses()
    assert statuses == {"sent": 3, "queued": 2}, "the mail that was checked already went out"
    asked = len(world.checker.asked)
    run_to(world, "2026-11-23 06:00")
    assert len(world.checker.asked) == asked, "no credit is asked for while nobody has bought any"
    world.checker.fails = lambda email: None
    world.services.transitions.resume(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 5}


def test_another_campaign_whose_verdicts_are_fresh_goes_on_without_credits() -> None:
    world, diwali = told(4, gap="60")
    world.run_until_over(diwali)
    again = world.campaign("Again", gap="60")
    holi = beside(world, 4, gap="60", begun=False)
    world.checker.fails = lambda email: LimitReached("The verifier has no credits left.")
    world.services.transitions.start(again)
    world.services.transitions.start(holi)
    world.run_until_over(again)
    check(world)
    assert world.totals(again)["sent"] == 4
    assert world.read_status(holi) == "paused"
    assert world.totals(holi)["sent"] == 0


@pytest.mark.parametrize(
    "answer",
    [
        Verification("unknown", frozenset(), "a word nobody knows"),
        Verification("risky", frozenset({"greylisted"}), "try again later"),
    ],
)
def test_an_unknown_verdict_is_looked_at_twice_and_then_skipped(answer: Verification) -> None:
    world, campaign = told(3, gap="60", begun=False)
    doubtful = "p0001@x.example"
    world.checker.verdicts[doubtful] = answer
    asked = noted(world)
    world.services.transitions.start(campaign)
    run_to(world, "2026-11-23 04:20")
    check(world)
    assert world.statuses() == {"sent": 2, "queued": 1}
    assert mails_to(world, doubtful) == []
    world.run_until_over(campaign)
    check(world)
    looks = [at for at, email in asked if email == doubtful]
    assert len(looks) == 2
    assert minutes(30) <= looks[1] - looks[0] <= minutes(46)
    lead = next(lead for lead in world.all_leads() if lead.email == doubtful)
    assert lead.status == "skipped"
    assert "second look" in lead.reason
    assert world.statuses() == {"sent": 2, "skipped": 1}
    assert world.totals(campaign)["skipped"] == 1


def test_a_verdict_that_is_clear_at_the_second_look_is_sent() -> None:
    world, campaign = told(2, gap="60")
    doubtful = "p0000@x.example"
    world.checker.verdicts[doubtful] = Verification("unknown", frozenset(), "")
    world.after(minutes(10), lambda: world.checker.verdicts.pop(doubtful))
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 2}
    assert mails_to(world, doubtful)[0].at >= utc("2026-11-23 04:30")


def test_a_word_of_a_newer_verifier_means_do_not_send() -> None:
    world, campaign = told(2, gap="60", begun=False)
    world.checker.verdicts["p0000@x.example"] = Verification("splendid", frozenset(), "")  # type: ignore[arg-type]
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 1, "skipped": 1}
    assert mails_to(world, "p0000@x.example") == []


def test_bad_addresses_cost_no_turn() -> None:
    """Nine of ten are no mailboxes: the tenth has its turn when the gap is over, not nine gaps later."""
    world, campaign = told(20, gap="600", begun=False)
    good = {"p0009@x.example", "p0019@x.example"}
    for number in range(20):
        email = f"p{number:04d}@x.example"
        if email not in good:
            world.checker.verdicts[email] = Verification("invalid", frozenset(), "no such user")
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 2, "skipped": 18}
    assert claims(world)[1] - claims(world)[0] == minutes(10)
    assert len(world.checker.asked) == 20


def test_the_rate_of_the_verifier_is_kept_by_all_mailboxes_together() -> None:
    """Two checks a minute, and three hundred bad addresses on three mailboxes."""
    addresses = ("a@acme.example", "b@acme.example", "c@acme.example")
    world, campaign = told(
        60, gap="60", senders=addresses, cap=90, settings={"verifier.rate": 2}, begun=False
    )
    world.checker.credits_matter = True
    for number in range(60):
        world.checker.verdicts[f"p{number:04d}@x.example"] = Verification("invalid", frozenset(), "")
    asked = noted(world)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert len(asked) == 60
    for (first, _), (then, _) in zip(asked, asked[1:], strict=False):
        assert then - first >= timedelta(seconds=30)
    assert asked[-1][0] - asked[0][0] <= timedelta(seconds=60 * 33)
