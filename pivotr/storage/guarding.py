"""The guard at work: read the figures, judge them, and stop what is in danger.

Everything stops in one transaction (the account's days), then the campaigns are paused one by one; the
heartbeat goes on with that after a crash. One campaign, list or sender that goes bad is stopped alone.
Nothing here raises an alarm: the heartbeat sees what stands still and tells it (storage/alarming.py).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.guard import Figures, Health, judge, judge_domain, judge_early, judge_sender
from pivotr.domain.instants import local_day
from pivotr.ports.clock import Clock
from pivotr.ports.table import Absent, Change, Table, TransactionCancelled, Update, Write
from pivotr.storage import account, group_figures, lanes, log, metrics, settings, stops, transactions
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.lanes import Lanes
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.stops import Stops

_log = logging.getLogger(__name__)

#: Days over which the account is judged, today included.
WINDOW_DAYS = 7
#: Rejected mails in a row that pause their campaign.
REJECTIONS = 3
#: Newest log entries that are looked through for them: skips, deliveries and verdicts stand between.
_NEWEST = 30


def account_figures(table: Table, recent: Recent, now: datetime) -> Figures:
    """What left, bounced and complained over the rolling week, in the account's zone."""
    since = local_day(now - timedelta(days=WINDOW_DAYS - 1), recent.preferences().zone)
    days = Metrics(table).days(ACCOUNT, since=since)
    return Figures(
        # copies are no mails that a lead could bounce or complain about
        sent=sum(int(day.get("used", 0)) - int(day.get("copies", 0)) for day in days),
        bounced=sum(int(day.get("bounced", 0)) for day in days),
        complained=sum(int(day.get("complained", 0)) for day in days),
    )


def account_health(table: Table, recent: Recent, now: datetime) -> Health:
    """The account's health against the operator's levels."""
    return judge(account_figures(table, recent, now), recent.preferences().levels)


def check(
    table: Table,
    recent: Recent,
    clock: Clock,
    *,
    campaign: str,
    sender: str,
    lists: Sequence[str] = (),
    domain: str = "",
) -> None:
    """After a bounce or a complaint: judge the account, the campaign, the mailbox, its lists, the domain."""
    now = clock.now()
    health = account_health(table, recent, now)
    if health.level == "stop":
        trip(table, recent, clock, health.reason)
        return
    if campaign:
        _check_campaign(table, recent, clock, campaign)
    if sender:
        _check_sender(table, recent, clock, sender)
    known = Stops(table).all() if lists or domain else {}
    for name in lists:
        if stops.list_key(name) not in known:
            _check_list(table, recent, clock, name)
    if domain and stops.domain_key(domain) not in known:
        _check_domain(table, recent, clock, domain)


def trip(table: Table, recent: Recent, clock: Clock, reason: str) -> bool:
    """Stop every claim of every campaign from this commit on; False where the guard had tripped already."""
    now = clock.now()
    days = account.days_around(now, recent.preferences().zone)
    entry = log.entry(
        ACCOUNT, log.plain_key(now, clock.token(), "guard", "guard"), "guard", at=now, reason=reason
    )
    writes: list[Write] = [
        settings.trip_guard(reason, now), *(account.stop_day(day) for day in days), entry
    ]  # fmt: skip
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return False
    _log.error("guard stopped all campaigns: %s", reason)
    for running in Campaigns(table).with_status("running"):
        pause(table, clock, running, f"guard: {reason}")
    return True


def pause(table: Table, clock: Clock, campaign: Campaign, reason: str) -> bool:
    """Pause one campaign and shut its gates; False where it does not run any more."""
    now = clock.now()
    writes: list[Write] = [
        campaign_writes.transition(campaign.id, "pause", now=now, reason=reason),
        *(lanes.shut_entry(sender, campaign.id) for sender in campaign.senders),
        log.entry(
            campaign.id,
            log.plain_key(now, clock.token(), "campaign", "paused"),
            "paused",
            at=now,
            reason=reason,
        ),
    ]
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return False
    _log.warning("campaign %s paused: %s", campaign.id, reason)
    return True


def check_rejections(table: Table, clock: Clock, campaign: Campaign) -> bool:
    """After a rejected mail: three in a row mean that the template, not a lead, is at fault.

    The campaign is then paused with the provider's words. True where it was.
    """
    newest = table.query(names.LOGS, campaign.id, ascending=False, limit=_NEWEST, consistent=True).items
    ends = [entry for entry in newest if entry["kind"] in ("sent", "failed")][:REJECTIONS]
    if len(ends) < REJECTIONS or any(entry["kind"] == "sent" for entry in ends):
        return False
    text = str(ends[0].get("reason", ""))
    return pause(table, clock, campaign, f"provider: {REJECTIONS} mails in a row were rejected. {text}")


def _check_campaign(table: Table, recent: Recent, clock: Clock, campaign: str) -> None:
    totals = Metrics(table).totals(campaign)
    figures = Figures(totals["sent"], totals["bounced"], totals["complained"])
    health = judge_early(figures, recent.preferences().levels)
    if health.level != "stop":
        return
    found = Campaigns(table).get(campaign, consistent=True)
    if found and found.status == "running":
        pause(table, clock, found, f"guard: {health.reason}")


def _check_sender(table: Table, recent: Recent, clock: Clock, sender: str) -> None:
    now = clock.now()
    lane = Lanes(table).get(sender, consistent=True)
    if lane is None or lane.stopped:
        return
    since = local_day(now - timedelta(days=WINDOW_DAYS - 1), lane.zone)
    days = Metrics(table).days(metrics.sender_partition(sender), since=since)
    figures = Figures(
        # the lane counts recipients; where copies were fewer before, this judges sternly, not late
        sent=(lane.used + sum(lane.week)) // (1 + lane.copies),
        bounced=sum(int(day.get("bounced", 0)) for day in days),
        complained=sum(int(day.get("complained", 0)) for day in days),
    )
    health = judge_sender(figures, recent.preferences().levels)
    if health.level != "stop":
        return
    writes: list[Write] = [
        Update(names.SENDERS, (sender,), Change(set={"stopped": health.reason}), Absent("stopped")),
        _entry("guard_sender", clock, reason=health.reason, sender=sender),
    ]
    if _written(table, clock, writes):
        profile = recent.profile(sender)
        _log.error("sender %s stopped: %s", profile.address if profile else sender, health.reason)


def _check_list(table: Table, recent: Recent, clock: Clock, name: str) -> None:
    """A list whose first mails go bad: nothing that draws from it runs until an operator has looked."""
    levels = recent.preferences().levels
    figures = group_figures.of_list(table, name, levels)
    health = judge_early(figures, levels) if figures else Health("ok")
    if health.level != "stop":
        return
    reason = f"list {name}: {health.reason}"
    writes = [
        stops.add(stops.list_key(name), reason, clock.now()),
        _entry("guard_list", clock, reason=reason),
    ]
    if _written(table, clock, writes):
        _log.error("list %s stopped: %s", name, health.reason)
    for running in Campaigns(table).with_status("running"):
        if name in running.lists:
            pause(table, clock, running, f"guard: {reason}")


def _check_domain(table: Table, recent: Recent, clock: Clock, domain: str) -> None:
    """A receiving domain that refuses its people is told; nothing stops for it."""
    preferences = recent.preferences()
    since = local_day(clock.now() - timedelta(days=WINDOW_DAYS - 1), preferences.zone)
    figures = group_figures.of_domain(table, domain, preferences.levels, since=since)
    health = judge_domain(figures, preferences.levels) if figures else Health("ok")
    if health.level != "stop":
        return
    reason = f"{domain}: {health.reason}"
    key = stops.domain_key(domain)
    writes = [stops.add(key, reason, clock.now()), _entry("guard_domain", clock, reason=reason)]
    if _written(table, clock, writes):
        _log.warning("receiving domain %s", reason)


def _entry(kind: str, clock: Clock, **facts: str) -> Write:
    now = clock.now()
    return log.entry(ACCOUNT, log.plain_key(now, clock.token(), "guard", kind), kind, at=now, **facts)


def _written(table: Table, clock: Clock, writes: Sequence[Write]) -> bool:
    """False where the same stop stands already."""
    try:
        transactions.run(table, writes, token=clock.token(), clock=clock)
    except TransactionCancelled:
        return False
    return True
