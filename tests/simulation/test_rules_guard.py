"""The guard beside the account: a list, a receiving domain, a mailbox alone; the provider's word; alarms."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pivotr import names
from pivotr.errors import Conflict, Unavailable
from pivotr.ports.mailer import AccountRefused, Quota
from pivotr.ports.table import Change
from pivotr.storage import guarding
from pivotr.storage.metrics import Metrics, domain_partition, list_partition
from pivotr.storage.stops import Stops
from tests.simulation.promises import check
from tests.simulation.stage import SALES, lane, person, send, staged
from tests.simulation.test_rules_feedback import feed
from tests.simulation.world import Posted, World, bounce_event, complaint_event

START = "2026-11-23T04:05:00+00:00"


class Bell:
    """Keeps what is told; `is_deaf` makes telling fail."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.is_deaf = False

    def tell(self, subject: str, text: str) -> None:
        if self.is_deaf:
            raise Unavailable("Nobody listens.")
        self.told.append((subject, text))

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.told]


def mixed(good: int = 60, bad: int = 12, domain: str = "bad.example") -> tuple[World, str]:
    """A campaign over a good list and a bad one, all of whose mails have left."""
    world = World(START, announces=False)
    world.sender(SALES)
    world.template()
    world.leads(good)
    world.leads(bad, list_name="bought", prefix="q", domain=domain)
    campaign = world.campaign(lists=("diwali", "bought"), gap="0", window="always", cap=300)
    world.services.transitions.start(campaign)
    world.run(timedelta(hours=2), until=lambda: len(world.provider.posted) == good + bad - 1)
    return world, campaign


def posted_to(world: World, domain: str) -> list[Posted]:
    return [posted for posted in world.provider.posted if posted.to.endswith(f"@{domain}")]


def ring(world: World) -> Bell:
    """A bell on the heartbeat of a fresh process."""
    bell = Bell()
    world.services = world.connect()
    world.services.ports.make_alarms = lambda: bell
    return bell


def test_a_bad_list_stops_alone_and_early() -> None:
    world, campaign = mixed()
    world.leads(5, list_name="other", prefix="r")
    other = world.campaign("Other", lists=("other",), gap="0", window="always")
    world.services.transitions.start(other)
    for posted in posted_to(world, "bad.example")[:2]:
        feed(world, bounce_event(posted))
    assert world.read_status(campaign) == "running", "two are below the floor"
    feed(world, *[bounce_event(posted_to(world, "bad.example")[2])] * 3)
    assert world.read_status(campaign) == "paused"
    assert world.read(campaign).reason.startswith("guard: list bought: 3 of ")
    assert world.read_status(other) == "running", "campaigns of other lists go on"
    assert Metrics(world.table).totals(list_partition("bought"))["bounced"] == 3
    assert Metrics(world.table).totals(list_partition("diwali"))["bounced"] == 0
    check(world)


def test_a_list_is_used_again_only_when_an_operator_says_so() -> None:
    world, campaign = mixed()
    for posted in posted_to(world, "bad.example")[:3]:
        feed(world, bounce_event(posted))
    draft = world.campaign("Again", lists=("bought",), window="always", gap="0")
    with pytest.raises(Conflict, match="list bought"):
        world.services.transitions.start(draft)
    with pytest.raises(Conflict):
        world.services.transitions.resume(campaign)
    world.services.transitions.resume(campaign, actor="meena", acknowledge=True)
    assert world.read_status(campaign) == "running"
    world.services.transitions.start(draft)
    said = [one for one in world.services.logs.of_campaign("ALL") if one.kind == "acknowledged"]
    assert [(one.actor, "list bought" in one.reason) for one in said] == [("meena", True)]
    check(world)


def test_a_draft_may_start_when_the_stop_of_everything_is_acknowledged() -> None:
    """Where the campaign that bounced has been aborted, nothing is left to resume."""
    world, campaign = staged(20, cap=80)
    for number in range(3):
        send(world, campaign, person(world, number))
        world.clock.instant += timedelta(seconds=1)
    for posted in world.provider.posted:
        feed(world, bounce_event(posted))
    world.services.transitions.abort(campaign)
    world.leads(2, list_name="other", prefix="r")
    draft = world.campaign("Other", lists=("other",), gap="0", window="always")
    with pytest.raises(Conflict, match="3 of 3 mails bounced permanently") as refused:
        world.services.transitions.start(draft)
    assert refused.value.hint.endswith(f"pivotr campaign start {draft} --acknowledge")
    assert world.read_status(draft) == "draft"
    world.services.transitions.start(draft, actor="meena", acknowledge=True)
    world.run(timedelta(hours=1))
    assert sum(posted.to.startswith("r") for posted in world.provider.posted) == 2
    said = [one.actor for one in world.services.logs.of_campaign("ALL") if one.kind == "acknowledged"]
    assert said == ["meena"]
    check(world)


def test_who_paused_it_himself_hears_of_the_guard_too() -> None:
    world, campaign = staged(2)
    world.services.transitions.pause(campaign)
    guarding.trip(world.table, world.services.recent, world.clock, "3 of 3 mails bounced.")
    with pytest.raises(Conflict, match="The guard has stopped all sending: 3 of 3"):
        world.services.transitions.resume(campaign)
    world.services.transitions.resume(campaign, acknowledge=True)
    assert world.read_status(campaign) == "running"


def test_who_was_given_back_makes_no_row_of_its_own_in_the_figures() -> None:
    world, campaign = staged(3)
    send(world, campaign, person(world, 0))
    world.services.transitions.abort(campaign)
    world.run(timedelta(minutes=10))
    assert world.totals(campaign)["withdrawn"] == 2
    for by, name in (("sender", SALES), ("step", "step 1")):
        assert [row.name for row in world.services.metrics.funnel(by).rows] == [name]


def test_people_are_counted_not_mails_and_only_those_who_were_written_to() -> None:
    world, campaign = mixed(bad=40)
    for posted in posted_to(world, "bad.example")[:3]:
        feed(world, bounce_event(posted))
    assert world.read_status(campaign) == "running", "3 of 40 people are below 8 %"
    feed(world, bounce_event(posted_to(world, "bad.example")[3]))
    assert world.read(campaign).reason.startswith("guard: list bought: 4 of 3"), "4 of 39 are above"


def test_a_receiving_domain_that_refuses_is_told_and_stops_nothing() -> None:
    world, campaign = mixed(bad=8)
    world.setting("guard.early.rate", 0.9)
    bell = ring(world)
    for posted in posted_to(world, "bad.example")[:3]:
        feed(world, bounce_event(posted))
    world.beat()
    assert world.read_status(campaign) == "running"
    assert Metrics(world.table).totals(domain_partition("bad.example"))["bounced"] == 3
    assert bell.subjects == ["bad.example refuses mails"]
    assert bell.told[0][1].startswith(("bad.example: 3 of 8 mails", "bad.example: 3 of 7 mails"))
    world.beat()
    assert len(bell.told) == 1, "told once"
    world.clock.instant += timedelta(days=8)
    world.beat()
    assert Stops(world.table).all() == {}, "news of a week ago are no news"


def test_a_burnt_mailbox_stops_alone() -> None:
    world, campaign = staged(40, senders=(SALES, "other@acme.example"), cap=80)
    bell = ring(world)
    world.run(timedelta(minutes=30), until=lambda: len(world.provider.posted) == 38)
    # the account is large enough to stand it
    today = "2026-11-23"
    world.table.update(names.METRICS, ("ALL", today), Change(add={"used": 500}))
    world.setting("guard.early.after", 1_000_000)
    own = [posted for posted in world.provider.posted if posted.mail.sender == SALES]
    for posted in own[:3]:
        feed(world, bounce_event(posted))
    world.beat()
    assert lane(world, SALES).stopped
    assert not lane(world, "other@acme.example").stopped
    assert world.read_status(campaign) == "running"
    assert bell.subjects == [f"Pivotr has stopped {SALES}"]
    told = [one for one in world.services.logs.of_campaign("ALL") if one.kind == "guard_sender"]
    assert len(told) == 1
    check(world)


class TestAlarms:
    """Whoever looks after the account hears of every stop, once."""

    def stopped(self) -> tuple[World, str, Bell]:
        world, campaign = staged(20, cap=80)
        bell = ring(world)
        for number in range(3):
            send(world, campaign, person(world, number))
            world.clock.instant += timedelta(seconds=1)
        for posted in world.provider.posted:
            feed(world, bounce_event(posted))
        assert world.read_status(campaign) == "paused"
        return world, campaign, bell

    def test_one_alarm_for_everything_that_stopped_for_the_same_reason(self) -> None:
        world, _, bell = self.stopped()
        for _ in range(3):
            world.beat()
        assert bell.subjects == ["Pivotr has stopped all sending"]
        assert "3 of 3 mails bounced permanently" in bell.told[0][1]

    def test_what_cannot_be_told_is_told_later(self) -> None:
        world, _, bell = self.stopped()
        bell.is_deaf = True
        world.beat()
        bell.is_deaf = False
        world.beat()
        assert len(bell.told) == 1

    def test_the_next_stop_is_told_again(self) -> None:
        world, campaign, bell = self.stopped()
        world.beat()
        world.services.transitions.resume(campaign, acknowledge=True)
        world.beat()
        world.clock.instant += timedelta(minutes=1)
        send(world, campaign, person(world, 5))
        feed(world, bounce_event(world.provider.posted[-1]))
        world.beat()
        assert len(bell.told) == 2

    def test_a_campaign_that_the_provider_stopped(self) -> None:
        world, campaign = staged(3)
        bell = ring(world)
        world.provider.answers = lambda mail: AccountRefused("account", "Email address is not verified.")
        send(world, campaign, person(world))
        world.beat()
        assert bell.subjects == ["Pivotr has paused “Diwali”"]
        assert "not verified" in bell.told[0][1]


class TestProvider:
    """What the provider says about the account."""

    GOOD = Quota(50_000, 0, 14, enforcement="HEALTHY")

    def test_a_review_is_told_and_its_end_noted(self) -> None:
        world, campaign = staged(3)
        bell = ring(world)
        world.provider.limit = self.GOOD
        world.beat()
        assert bell.told == []
        world.provider.limit = replace(self.GOOD, enforcement="PROBATION")
        world.beat()
        world.beat()
        assert bell.subjects == ["The mail provider restricts this account"]
        assert world.read_status(campaign) == "running"
        world.provider.limit = self.GOOD
        world.beat()
        assert Stops(world.table).all() == {}

    @pytest.mark.parametrize(
        "limit", [replace(GOOD, enforcement="SHUTDOWN"), replace(GOOD, is_sending=False)]
    )
    def test_an_account_that_was_shut_down_sends_no_more(self, limit: Quota) -> None:
        world, campaign = staged(3)
        bell = ring(world)
        world.provider.limit = limit
        world.beat()
        assert world.read_status(campaign) == "paused"
        assert "stopped this account" in world.read(campaign).reason
        assert "Pivotr has stopped all sending" in bell.subjects


def test_complaints_of_one_list_stop_it() -> None:
    world, campaign = mixed(good=10, bad=12)
    world.setting("guard.complaint.floor", 2)
    world.setting("account.cap", 5000)
    for key in ("guard.complaint.stop", "guard.bounce.stop"):
        world.setting(key, 0.5)
    for posted in posted_to(world, "bad.example")[:7]:
        feed(world, complaint_event(posted))
    assert world.read(campaign).reason.startswith("guard: list bought: 6 of 11 mails reported as spam")


def test_a_raised_line_is_logged_with_who_raised_it() -> None:
    world, _ = staged(1)
    world.services.preferences.set("guard.bounce.stop", "10%", actor="meena")
    (line,) = [one for one in world.services.logs.of_campaign("ALL") if one.kind == "setting"]
    assert line.actor == "meena"
    assert line.sentence == (
        "A setting was changed: guard.bounce.stop from 0.05 to 0.1: the guard acts later than before."
    )


def test_an_event_that_names_another_shape_of_the_mail_counts_once() -> None:
    """The same bounce by event publishing and by identity notification, which carries no tags."""
    world, campaign = staged(2)
    send(world, campaign, person(world))
    event = json.loads(bounce_event(world.provider.posted[0]))
    untagged = {**event, "mail": {**event["mail"], "tags": {}}}
    untagged["notificationType"] = untagged.pop("eventType")
    feed(world, json.dumps(untagged), json.dumps(event), json.dumps(untagged))
    assert world.totals(campaign)["bounced"] == 1
