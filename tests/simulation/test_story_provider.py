"""Every refusal of the provider: what becomes of lead, counters and campaign, and what resumes it.

The names are those of SES (API reference of SESv2 SendEmail; SES developer guide, "Troubleshooting").
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr.errors import Conflict
from pivotr.ports.mailer import (
    AccountRefused,
    Mail,
    NotSent,
    Outcome,
    Quota,
    RecipientRejected,
    Unknown,
)
from tests.simulation.promises import check, claimed_at
from tests.simulation.stage import OTHER, SALES, lane
from tests.simulation.story import (
    account_day,
    beside,
    by_day,
    claims,
    first_times,
    minutes,
    run_to,
    texts,
    told,
    utc,
)
from tests.simulation.world import World

TODAY = "2026-11-23"
START = utc("2026-11-23 04:00")
RATE = "Maximum sending rate exceeded."


def spent(world: World, campaign: str, address: str = SALES) -> tuple[int, int, int]:
    """What is counted today on the account, on the mailbox and on the campaign's share."""
    now = lane(world, address)
    return account_day(world, TODAY).get("used", 0), now.used, now.campaigns[campaign].used


PASSING = {
    "TooManyRequestsException": (NotSent("throttled", RATE), 60),
    "ThrottlingException": (NotSent("throttled", RATE), 60),
    "454 Throttling failure": (NotSent("throttled", f"Throttling failure: {RATE}"), 60),
    "EndpointConnectionError": (NotSent("unreachable", "Could not connect to the endpoint."), 300),
    "ConnectTimeoutError": (NotSent("unreachable", "Connect timeout on endpoint."), 300),
    "ProxyConnectionError": (NotSent("unreachable", "Failed to connect to proxy."), 300),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_by_itself_is_tried_again_after_a_back_off(name: str) -> None:
    """Surely not sent, no fault of the lead: it waits on, nothing is counted, the mailbox rests a little."""
    outcome, seconds = PASSING[name]
    world, campaign = told(3, gap="30")
    world.provider.answers = first_times(1, outcome)
    world.run(timedelta(seconds=1))
    assert world.statuses() == {"queued": 3}
    assert all(lead.claim is None for lead in world.all_leads())
    assert spent(world, campaign) == (0, 0, 0)
    assert lane(world).why == "backoff"
    assert world.read_status(campaign) == "running"
    world.run(minutes(20))
    check(world)
    first = claims(world)[0]
    assert texts(claims(world)) == texts([first, first + minutes(0.5), first + minutes(1)])
    assert (first - START).total_seconds() == seconds
    assert (account_day(world, TODAY)["used"], lane(world).used) == (3, 3)
    assert world.totals(campaign)["released"] == 1
    assert world.statuses() == {"sent": 3}


@pytest.mark.parametrize("name", PASSING)
def test_the_last_lead_is_tried_again_too(name: str) -> None:
    """Nobody else waits: the job after the back-off must not pass over the lead that was given back."""
    outcome, seconds = PASSING[name]
    world, campaign = told(1)
    world.provider.answers = first_times(1, outcome)
    world.run_until_over(campaign)
    check(world)
    assert [(at - START).total_seconds() for at in claims(world)] == [seconds]


def test_throttling_for_an_hour_loses_nobody() -> None:
    """Today's tools lose half a campaign here: every mail is refused for an hour."""
    world, campaign = told(20, gap="30")
    end = START + minutes(60)
    world.provider.answers = lambda mail: NotSent("throttled", RATE) if world.clock.now() < end else None
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 20}
    assert claims(world)[0] == end
    assert len(world.provider.asked) == 60 + 20
    assert world.totals(campaign)["released"] == 60


ACCOUNT = {
    "AccountSuspendedException": "Account is suspended.",
    "SendingPausedException": "Email sending is disabled.",
    "MailFromDomainNotVerifiedException": "The custom MAIL FROM domain is not verified.",
    "NotFoundException": "Configuration set <pivotr-dev> does not exist.",
    "LimitExceededException": "There are too many instances of the specified resource type.",
    "AccessDeniedException": "User is not authorized to perform ses:SendRawEmail.",
    "ExpiredTokenException": "The security token included in the request is expired.",
    "SignatureDoesNotMatch": "The request signature we calculated does not match.",
    "MessageRejected in the sandbox": (
        "Email address is not verified. The following identities failed the check in region AP-SOUTH-1"
    ),
}


@pytest.mark.parametrize("name", ACCOUNT)
def test_a_refusal_of_the_account_pauses_with_its_reason_until_it_is_acknowledged(name: str) -> None:
    text = ACCOUNT[name]
    world, campaign = told(3, gap="60")
    world.provider.answers = lambda mail: AccountRefused("account", text)
    world.run(minutes(30))
    check(world)
    assert len(world.provider.asked) == 1
    found = world.read(campaign)
    assert (found.status, found.reason) == ("paused", f"provider: {text}")
    assert world.statuses() == {"queued": 3}
    assert spent(world, campaign) == (0, 0, 0)
    with pytest.raises(Conflict):
        world.services.transitions.resume(campaign)
    world.provider.answers = lambda mail: None
    world.services.transitions.resume(campaign, acknowledge=True)
    world.run(minutes(30))
    check(world)
    assert world.statuses() == {"sent": 3}
    assert world.read_status(campaign) == "completed"
    assert spent_by_day(world) == {TODAY: 3}


def spent_by_day(world: World) -> dict[str, int]:
    return {day: account_day(world, day)["used"] for day in by_day(world)}


def test_a_refusal_of_the_account_meets_each_campaign_of_a_mailbox_in_turn() -> None:
    world, diwali = told(3, gap="60")
    holi = beside(world, 3, gap="60")
    world.provider.answers = lambda mail: AccountRefused("account", "Email sending is disabled.")
    world.run(minutes(30))
    check(world)
    assert [world.read_status(campaign) for campaign in (diwali, holi)] == ["paused", "paused"]
    assert len(world.provider.asked) == 2
    assert world.statuses() == {"queued": 6}


@pytest.mark.parametrize(
    "text",
    [
        "Email address is not verified. The following identities failed the check: sales@acme.example",
        "550 5.7.1 Sender address is not allowed.",
    ],
)
def test_a_refusal_of_one_sender_stops_that_mailbox_alone(text: str) -> None:
    world, campaign = told(12, gap="60", senders=(SALES, OTHER))
    refuses = [True]

    def answers(mail: Mail) -> Outcome | None:
        return AccountRefused("sender", text) if refuses and mail.sender == SALES else None

    world.provider.answers = answers
    world.run(minutes(40))
    check(world)
    mine = [lead for lead in world.all_leads() if lead.sender == lane(world, SALES).id]
    assert 0 < len(mine) < 12
    assert {lead.status for lead in mine} == {"queued"}
    assert world.statuses() == {"queued": len(mine), "sent": 12 - len(mine)}
    assert lane(world, SALES).stopped == text
    assert world.read_status(campaign) == "running"
    assert sum(mail.sender == SALES for mail in world.provider.asked) == 1
    assert lane(world, SALES).used == 0
    with pytest.raises(Conflict):
        world.services.senders.resume(SALES)
    refuses.clear()
    world.services.senders.resume(SALES, acknowledge=True)
    world.run(minutes(40))
    check(world)
    assert world.statuses() == {"sent": 12}
    assert world.read_status(campaign) == "completed"


REJECTED = {
    "BadRequestException": "Missing final '@domain'.",
    "MessageRejected": "Email contains a virus.",
    "550 5.1.1": "Recipient address rejected: user unknown.",
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_refusal_of_this_mail_fails_its_lead_and_nobody_else(name: str) -> None:
    """The lead is over, its counts are given back, and the next one has its ordinary turn."""
    text = REJECTED[name]
    world, campaign = told(3, gap="60")
    world.provider.answers = first_times(1, RecipientRejected(text))
    world.run(timedelta(seconds=1))
    failed = [lead for lead in world.all_leads() if lead.status == "failed"]
    assert [lead.reason for lead in failed] == [text]
    assert failed[0].due is None
    assert spent(world, campaign) == (0, 0, 0)
    world.run(minutes(15))
    check(world)
    assert texts(claims(world)) == ["2026-11-23 04:01:00", "2026-11-23 04:02:00"]
    assert world.statuses() == {"failed": 1, "sent": 2}
    assert world.read_status(campaign) == "completed"
    assert spent_by_day(world) == {TODAY: 2}


UNKNOWN = {
    "ReadTimeoutError": "Read timeout on endpoint.",
    "ConnectionClosedError": "Connection was closed before we received a valid response.",
    "SSLError": "SSL validation failed.",
    "ResponseStreamingError": "An error occurred while reading from response stream.",
    "500 InternalFailure": "An internal error occurred.",
    "503": "Service unavailable.",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_where_nobody_knows_the_mail_is_neither_sent_again_nor_given_back(name: str) -> None:
    world, campaign = told(3, gap="60")
    world.provider.answers = first_times(1, Unknown(UNKNOWN[name]))
    world.run(timedelta(days=1))
    check(world)
    doubtful = [lead for lead in world.all_leads() if lead.status == "unconfirmed"]
    assert [lead.reason for lead in doubtful] == [UNKNOWN[name]]
    assert sum(mail.tags["lead"] == doubtful[0].id for mail in world.provider.asked) == 1
    assert spent_by_day(world) == {TODAY: 3}, "what may have left counts"
    assert world.totals(campaign)["in_doubt"] == 1
    assert world.read_status(campaign) == "completed"


def test_a_daily_quota_refused_by_its_text_rests_the_account_until_its_next_day() -> None:
    """The provider tells no figures: what was used is the limit, and the next day begins afresh."""
    world, campaign = told(30, gap="60")

    def answers(mail: Mail) -> Outcome | None:
        if sum(str(claimed_at(one.tags)).startswith(TODAY) for one in world.provider.posted) < 10:
            return None
        return NotSent("quota", "Daily message quota exceeded.") if world.clock.now().day == 23 else None

    world.provider.answers = answers
    run_to(world, "2026-11-23 12:30")
    check(world)
    day = account_day(world, TODAY)
    assert (day["used"], day["limit"]) == (10, 10)
    assert world.totals(campaign)["released"] == 1
    assert world.statuses() == {"sent": 10, "queued": 20}
    assert world.read_status(campaign) == "running"
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {TODAY: 10, "2026-11-24": 20}
    assert texts(claims(world))[10] == "2026-11-24 04:00:00"


class RollingQuota:
    """A provider that allows so many mails in any 24 hours and says so, as SES does."""

    def __init__(self, world: World, allowed: int) -> None:
        self.world = world
        self.allowed = allowed
        self.elsewhere = 0
        world.provider.answers = self.answers
        world.provider.quota = self.quota  # type: ignore[method-assign]

    def sent(self) -> int:
        since = self.world.clock.now() - timedelta(hours=24)
        return self.elsewhere + sum(posted.at > since for posted in self.world.provider.posted)

    def answers(self, mail: Mail) -> Outcome | None:
        if self.sent() >= self.allowed:
            return NotSent("quota", "Daily message quota exceeded.")
        return None

    def quota(self) -> Quota:
        return Quota(self.allowed, self.sent(), 1.0)


def test_a_quota_that_shrinks_lowers_the_limit_within_one_heartbeat() -> None:
    """200 a day, and after twenty mails 40: two are kept back (a mailbox, 1 %), 39 go out today."""
    world, campaign = told(60, gap="60")
    quota = RollingQuota(world, 200)
    run_to(world, "2026-11-23 04:20")
    assert account_day(world, TODAY)["limit"] == 198
    quota.allowed = 40
    run_to(world, "2026-11-23 04:25:01")
    assert account_day(world, TODAY)["limit"] == 39
    run_to(world, "2026-11-23 12:30")
    check(world)
    assert by_day(world) == {TODAY: 39}
    assert world.totals(campaign)["released"] == 0, "the provider never had to refuse"
    assert world.statuses() == {"sent": 39, "queued": 21}
    assert world.read_status(campaign) == "running"
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {TODAY: 39, "2026-11-24": 21}
    assert world.statuses() == {"sent": 60}
    assert_rolling(world, 40)


def assert_rolling(world: World, allowed: int) -> None:
    """At no time were more mails taken within 24 hours than allowed."""
    at = claims(world)
    for number, instant in enumerate(at[allowed:]):
        assert instant - at[number] >= timedelta(hours=24), f"mail {number + allowed} of 24 hours"


def test_a_quota_that_others_use_up_and_that_comes_back_the_same_day() -> None:
    """Another program of the account sends: the limit falls to what is used, and rises when there is room."""
    world, campaign = told(40, gap="60")
    quota = RollingQuota(world, 200)
    run_to(world, "2026-11-23 04:10:30")
    quota.elsewhere = 200
    run_to(world, "2026-11-23 06:00")
    stopped = len(world.provider.posted)
    assert 11 <= stopped <= 16
    assert account_day(world, TODAY)["limit"] == stopped
    quota.elsewhere = 0
    run_to(world, "2026-11-23 06:06")
    assert len(world.provider.posted) > stopped
    world.run_until_over(campaign)
    check(world)
    assert by_day(world) == {TODAY: 40}


def test_a_provider_without_a_quota_leaves_the_operators_cap_alone() -> None:
    world, campaign = told(3, gap="60", settings={"account.cap": 50})
    world.provider.limit = Quota(-1, 7, 1.0)
    world.run_until_over(campaign)
    check(world)
    assert account_day(world, TODAY)["limit"] == 50


def test_three_rejections_in_a_row_pause_the_campaign_for_its_template_is_at_fault() -> None:
    world, campaign = told(8, gap="60")
    world.provider.answers = first_times(3, RecipientRejected("Virus detected."))
    world.run(minutes(10))
    check(world)
    assert world.statuses() == {"failed": 3, "queued": 5}
    assert world.read_status(campaign) == "paused"
    assert world.read(campaign).reason == "provider: 3 mails in a row were rejected. Virus detected."
    world.services.transitions.resume(campaign, acknowledge=True)
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"failed": 3, "sent": 5}
