"""First stories: whole campaigns under a stepped clock, with the real handlers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from pivotr import names
from pivotr.domain.instants import from_compact, local_day
from pivotr.domain.suppression import Suppression
from pivotr.ports.mailer import Unknown
from pivotr.storage import stopping
from tests.simulation.promises import check
from tests.simulation.world import World, bounce_event, delivery_event


def claimed_at(posted) -> datetime:
    return from_compact(posted.tags["attempt"].partition("-")[0])


def started(count: int = 40, **options) -> tuple[World, str]:
    world = World()
    world.sender()
    world.template()
    world.leads(count)
    campaign = world.campaign(**options)
    world.services.transitions.start(campaign)
    return world, campaign


def test_two_hundred_leads_over_several_days_inside_window_and_cap() -> None:
    world, campaign = started(200, cap=80)
    world.run_until_over(campaign)
    check(world)
    totals = world.totals(campaign)
    assert totals["sent"] == totals["delivered"] == 200
    assert world.statuses() == {"sent": 200}
    per_day = Counter(local_day(claimed_at(posted), "Asia/Kolkata") for posted in world.provider.posted)
    assert per_day == {"2026-11-23": 80, "2026-11-24": 80, "2026-11-25": 40}


def test_first_mail_leaves_as_soon_as_the_window_opens() -> None:
    world = World("2026-11-23T02:00:00+00:00")
    world.sender()
    world.template()
    world.leads(3)
    campaign = world.campaign()
    world.services.transitions.start(campaign)
    world.run(timedelta(hours=3))
    assert world.provider.posted[0].at - datetime(2026, 11, 23, 4, 0, tzinfo=UTC) < timedelta(seconds=5)


def test_two_campaigns_share_one_mailbox_and_its_pace() -> None:
    world, first = started(40, cap=80)
    world.leads(40, list_name="holi", prefix="q")
    second = world.campaign("Holi", lists=("holi",), cap=80)
    world.services.transitions.start(second)
    world.run_until_over(first, second)
    check(world)
    assert world.totals(first)["sent"] == world.totals(second)["sent"] == 40
    turns = [posted.tags["campaign"] for posted in world.provider.posted][2:60]
    runs = max(len(run) for run in "".join("a" if turn == first else "b" for turn in turns).split("ab"))
    assert runs <= 3, "both campaigns take turns"


def test_pause_over_a_weekend_and_go_on_where_it_stopped() -> None:
    world = World("2026-11-27T08:00:00+00:00")
    world.sender()
    world.template()
    world.leads(60)
    campaign = world.campaign(gap="60-60")
    world.services.transitions.start(campaign)
    world.run(timedelta(minutes=20))
    world.services.transitions.pause(campaign)
    before = len(world.provider.asked)
    world.run(timedelta(days=3))
    assert len(world.provider.asked) - before <= 1, "only a mail that was claimed already may leave"
    world.services.transitions.resume(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.totals(campaign)["sent"] == 60


def test_abort_with_full_queues_gives_every_waiting_lead_back() -> None:
    world, campaign = started(120)
    world.run(timedelta(minutes=30))
    sent = len(world.provider.posted)
    assert 0 < sent < 120
    world.services.transitions.abort(campaign)
    world.run_until_over(campaign)
    check(world)
    statuses = world.statuses()
    assert statuses["new"] + statuses["sent"] == 120
    assert statuses["sent"] == len(world.provider.posted) <= sent + 1
    assert world.totals(campaign)["returned"] == statuses["new"]


def test_every_job_delivered_twice_changes_nothing() -> None:
    world, campaign = started(40)
    send = world.queues.send

    def twice(queue: str, body: str, *, delay: int = 0) -> None:
        send(queue, body, delay=delay)
        send(queue, body, delay=min(900, delay + 1))

    world.queues.send = twice
    world.run_until_over(campaign)
    check(world)
    assert (
        len(world.provider.posted)
        == world.totals(campaign)["sent"]
        == world.totals(campaign)["delivered"]
        == 40
    )


def test_sequence_comes_from_the_same_mailbox_in_the_same_thread() -> None:
    world = World()
    for number in range(3):
        world.sender(f"s{number}@acme.example")
    world.template()
    world.template("nudge", "unused", "Did you see my mail, {{FirstName|there}}?\n")
    world.leads(30)
    senders = tuple(f"s{number}@acme.example" for number in range(3))
    campaign = world.campaign(senders=senders, steps=("intro", "nudge+2d"), cap=60)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.totals(campaign)["sent"] == 60
    by_lead: dict[str, list] = {}
    for posted in world.provider.posted:
        by_lead.setdefault(posted.to, []).append(posted)
    for first, second in by_lead.values():
        assert first.mail.sender == second.mail.sender
        assert second.message["In-Reply-To"] == first.message["Message-ID"]
        assert second.message["Subject"] == f"Re: {first.message['Subject']}"
        days = (second.at - first.at).days
        assert days >= 1


def test_a_mail_nobody_knows_about_is_settled_by_its_delivery_alone() -> None:
    world, campaign = started(10)
    accepted_silently = []

    def time_out_once(mail):
        if not accepted_silently:
            world.provider.accept(mail)
            accepted_silently.append(mail)
            return Unknown("read timed out")
        return None

    world.provider.answers = time_out_once
    world.announces = False
    world.run(timedelta(minutes=2))
    assert world.statuses()["unconfirmed"] == 1
    check(world)
    world.announces = True
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 10}
    assert world.totals(campaign)["in_doubt"] == 0


def test_a_crash_between_acceptance_and_record_ends_as_sent_by_evidence() -> None:
    world, campaign = started(10)
    transact = world.table.transact
    crashed = []

    def crash_once(writes, *, token=""):
        closes = any(w.table == names.LOGS for w in writes)
        if closes and not crashed and world.provider.posted:
            crashed.append(True)
            raise KeyboardInterrupt
        return transact(writes, token=token)

    world.table.transact = crash_once
    try:
        world.run(timedelta(minutes=30))
    except KeyboardInterrupt:
        world.services = world.connect()
    world.run_until_over(campaign)
    check(world)
    assert crashed
    assert world.statuses() == {"sent": 10}
    assert len(world.provider.posted) == 10


def test_permanent_bounce_suppresses_and_ends_the_sequence() -> None:
    world = World()
    world.sender()
    world.template()
    world.template("nudge", "x", "again")
    world.leads(5)
    campaign = world.campaign(steps=("intro", "nudge+1d"))
    world.services.transitions.start(campaign)
    world.run(timedelta(hours=2))
    first = world.provider.posted[0]
    world.feedback(bounce_event(first))
    world.feedback(bounce_event(first))
    world.run_until_over(campaign)
    check(world)
    assert world.totals(campaign)["bounced"] == 1
    assert sum(posted.to == first.to for posted in world.provider.posted) == 1
    assert world.statuses() == {"sent": 4, "bounced": 1}


def test_unsubscribed_lead_gets_nothing_more_even_if_a_job_is_in_flight() -> None:
    world, campaign = started(30, gap="60-60")
    world.run(timedelta(minutes=5))
    waiting = next(lead for lead in world.all_leads() if lead.is_waiting)
    suppression = Suppression(
        key=f"x{waiting.id}", reason="unsubscribe", source="link", actor="person", at="", email=waiting.email
    )
    stopping.stop(
        world.table,
        waiting.id,
        "unsubscribed",
        clock=world.clock,
        recent=world.services.recent,
        kind="unsubscribed",
        suppression=suppression,
    )
    world.run_until_over(campaign)
    check(world)
    assert waiting.email not in {posted.to for posted in world.provider.posted}
    assert world.totals(campaign)["unsubscribed"] == 1


def test_bounce_storm_stops_everything_until_acknowledged() -> None:
    world, campaign = started(60)
    world.run(timedelta(hours=1))
    for posted in world.provider.posted[:5]:
        world.feedback(bounce_event(posted))
    world.run(timedelta(minutes=1))
    before = len(world.provider.posted)
    assert world.read(campaign).status == "paused"
    assert "bounce" in world.read(campaign).reason
    world.run(timedelta(hours=2))
    after = len(world.provider.posted)
    assert after - before <= 1
    world.services.transitions.resume(campaign, acknowledge=True)
    world.run(timedelta(hours=1))
    assert len(world.provider.posted) > after
    check(world)


def test_late_duplicates_of_delivery_events_count_once() -> None:
    world, campaign = started(12)
    world.run_until_over(campaign)
    for posted in world.provider.posted:
        world.feedback(delivery_event(posted))
    world.run(timedelta(minutes=10))
    check(world)
    assert world.totals(campaign)["delivered"] == 12
