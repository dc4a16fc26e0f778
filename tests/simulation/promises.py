"""The promises of the design, checked on a world as it stands."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.instants import from_compact, local_day
from pivotr.domain.pacing import Gap
from pivotr.domain.windows import is_open
from pivotr.storage.log import day_of_key
from pivotr.storage.metrics import KINDS
from tests.simulation.world import World

FINAL = {
    "sent", "failed", "skipped", "unconfirmed", "bounced", "complained", "unsubscribed", "replied", "deleted",
}  # fmt: skip


def check(world: World) -> None:
    """Every promise that can be read off the present state."""
    at_most_once(world)
    nobody_lost(world)
    metrics_recount(world)
    caps_hold(world)
    windows_hold(world)


def at_most_once(world: World) -> None:
    """P1: one mail per campaign, lead and step."""
    counts = Counter((p.tags["campaign"], p.tags["lead"], p.tags["step"]) for p in world.provider.posted)
    twice = {key: count for key, count in counts.items() if count > 1 + world.repeated[key]}
    assert not twice, f"P1: mailed more than once: {twice}"


def nobody_lost(world: World) -> None:
    """P2: who was enrolled waits with a due time, is claimed, or is final."""
    for lead in world.all_leads():
        if lead.due:
            assert lead.status == "queued" or lead.claim, f"P2: open but not waiting: {lead}"
        else:
            assert lead.claim is None, f"P2: claimed without due: {lead}"
            assert lead.status in FINAL | {"new"}, f"P2: neither waiting nor final: {lead}"
        if lead.status == "unconfirmed":
            assert lead.doubt, f"P2: unconfirmed without a doubt: {lead}"


def metrics_recount(world: World) -> None:
    """P7: counters equal a recount of the log, gauges a recount of the leads."""
    campaigns = {campaign.id: campaign for campaign in world.observer.campaigns.all()}
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entry in world.items(names.LOGS):
        campaign = campaigns.get(entry["campaignId"])
        if campaign and entry["kind"] in KINDS:
            counted[campaign.id, day_of_key(entry["timestamp"], campaign.zone)][entry["kind"]] += 1
    stored = {
        (item["campaignId"], item["date"]): {name: item[name] for name in KINDS if item.get(name)}
        for item in world.items(names.METRICS)
        if item["campaignId"] in campaigns
    }
    for key in set(counted) | set(stored):
        assert dict(counted.get(key, {})) == stored.get(key, {}), f"P7: {key}"
    leads = world.all_leads()
    for campaign in campaigns.values():
        totals = world.totals(campaign.id)
        ever = [lead for lead in leads if campaign.id in lead.seen]
        now_open = [lead for lead in ever if lead.due and lead.campaign == campaign.id]
        doubts = [lead for lead in ever if lead.doubt and _is_of(world, lead.doubt, campaign.id)]
        assert totals["enrolled"] == len(ever), f"P7: enrolled {totals['enrolled']} ≠ {len(ever)}"
        assert totals["enrolled"] - totals["finished"] == len(now_open), f"P7: finished of {campaign.id}"
        assert totals["in_doubt"] == len(doubts), f"P7: in_doubt of {campaign.id}"


def _is_of(world: World, attempt: str, campaign: str) -> bool:
    return bool(world.table.get(names.LOGS, (campaign, f"{attempt}#unconfirmed")))


def claimed_at(tags: dict[str, str]) -> datetime:
    """When the claim of a mail was made, by its attempt id."""
    return from_compact(tags["attempt"].partition("-")[0])


def caps_hold(world: World) -> None:
    """P6: account, sender and campaign caps, per day of their own zones."""
    preferences = world.observer.recent.preferences()
    account: Counter[str] = Counter()
    senders: Counter[tuple[str, str]] = Counter()
    per_campaign: Counter[tuple[str, str]] = Counter()
    campaigns = {campaign.id: campaign for campaign in world.observer.campaigns.all()}
    pairs = {sender.id: (sender, lane) for sender, lane in world.observer.senders.all()}
    for posted in world.provider.posted:
        tags, at = posted.tags, claimed_at(posted.tags)
        account[local_day(at, preferences.zone)] += 1
        senders[tags["sender"], local_day(at, pairs[tags["sender"]][0].zone)] += 1
        per_campaign[tags["campaign"], local_day(at, campaigns[tags["campaign"]].zone)] += 1
    limits = {
        item["date"]: item["limit"]
        for item in world.items(names.METRICS)
        if item["campaignId"] == "ALL" and "limit" in item
    }
    for day, count in account.items():
        assert count <= max(limits[day], world.peak_limit.get(day, 0)), f"P6: account on {day}"
    for (sender, day), count in senders.items():
        assert count <= max(pairs[sender][0].cap, world.peak_sender_cap), f"P6: {sender} on {day}"
    for (campaign, day), count in per_campaign.items():
        assert count <= max(campaigns[campaign].cap, world.peak_cap), f"P6: {campaign} on {day}: {count}"


def windows_hold(world: World) -> None:
    """P6: every claim lies inside its campaign's window, and turns of one mailbox keep the gap."""
    last: dict[str, datetime] = {}
    campaigns = {campaign.id: campaign for campaign in world.observer.campaigns.all()}
    for posted in sorted(world.provider.posted, key=lambda p: claimed_at(p.tags)):
        campaign, at = campaigns[posted.tags["campaign"]], claimed_at(posted.tags)
        assert world.windows_changed or is_open(campaign.window, at), f"P6: mail at {at} outside the window"
        before = last.get(posted.tags["sender"])
        if before is not None:
            least = min(_least(campaign.gap) for campaign in campaigns.values())
            assert at - before >= timedelta(seconds=least) - timedelta(milliseconds=2), f"P6: gap at {at}"
        last[posted.tags["sender"]] = at


def _least(gap: Gap) -> float:
    return gap.minimum
