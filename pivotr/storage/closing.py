"""Closing a claim: one function for its owner, the heartbeat and the evidence of a late event.

A claim is closed once. What is written depends on the lead as it is now (the table in docs/protocol.md,
"Closing a claim"); conditions name the state that was read, and a change in between means: read and decide
again. Record, event and heartbeat collide on the log key `{attempt}#{kind}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeAlias

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Claim, Lead
from pivotr.errors import Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, Equals, Path, Table, TransactionCancelled, Update, Write
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage import conditions, lanes, log, metrics, transactions
from pivotr.storage.codec import campaign_from, lane_from, lead_from
from pivotr.storage.schema import ACCOUNT

Result: TypeAlias = Literal["accepted", "rejected", "not_sent", "unknown"]
#: closed: written now. already: somebody else had closed it. lost: nothing of this mail is open or recorded.
Closed: TypeAlias = Literal["closed", "already", "lost"]

_KIND = {"accepted": "sent", "rejected": "failed", "not_sent": "released", "unknown": "unconfirmed"}
_TRIES = 12


@dataclass(frozen=True, slots=True)
class Closing:
    """How one mail ended. `next_due` dates the next step where there is one; `facts` go into the log."""

    campaign: Campaign
    lead: str
    sender: str
    step: int
    claim: Claim
    ticket: int
    result: Result
    at: datetime
    reason: str = ""
    message_id: str = ""
    thread: str = ""
    next_due: str = ""
    domain: str = ""
    by: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    back_off: datetime | None = None
    refused: Literal["", "account", "sender"] = ""
    is_quota_used_up: bool = False
    #: Entries and counts of the event that is the evidence: written in the same transaction.
    events: tuple[Write, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def attempt(self) -> str:
        """The mail's attempt id."""
        return self.claim.attempt

    @property
    def day(self) -> str:
        """The day, in the campaign's zone, on whose counters this mail counts."""
        return log.day_of_key(self.attempt, self.campaign.zone)


def close(table: Table, closing: Closing, *, clock: Clock, lead: Lead | None = None) -> Closed:
    """Close the claim by the state of the lead. `lead` is the owner's knowledge, used for the first try only.

    Raises Unavailable when the table cannot be written: the heartbeat then finds the claim.
    """
    for attempt in range(_TRIES):
        lead = lead or _read_lead(table, closing.lead)
        writes = _writes(table, closing, lead)
        if writes is None:
            return "lost"
        if not writes:
            return "already"
        try:
            transactions.run(table, writes, token=clock.token(), clock=clock)
        except TransactionCancelled as cancelled:
            closing, is_done = _after_refusal(closing, writes, cancelled)
            if is_done:
                return "already"
            lead = None
            clock.sleep(0.01 * attempt)
            continue
        return "closed"
    raise Unavailable("A mail could not be recorded.", hint="The next heartbeat looks again.")


def _read_lead(table: Table, lead: str) -> Lead | None:
    item = table.get(names.LEADS, (lead,), consistent=True)
    return lead_from(item) if item else None


def _writes(table: Table, closing: Closing, lead: Lead | None) -> list[Write] | None:
    """The transaction for the lead's present state; empty: nothing to do; None: nobody knows this mail."""
    if lead and lead.claim and lead.claim.attempt == closing.attempt:
        return _of_open_claim(table, closing, lead)
    if lead and lead.doubt == closing.attempt:
        return _of_doubt(table, closing, lead)
    if closing.result == "unknown":
        return []
    if closing.result == "accepted":
        item = table.get(
            names.LOGS, (closing.campaign.id, log.mail_key(closing.attempt, "sent")), consistent=True
        )
        return [] if item else None
    return [_entry(closing), _counts(closing, {_KIND[closing.result]: 1})]


def _of_open_claim(table: Table, closing: Closing, lead: Lead) -> list[Write]:
    """Rows 1 and 2: the claim is ours. A stronger state is kept; `due` goes unless the lead waits on."""
    result = closing.result
    is_queued = lead.status == "queued"
    waits_on = is_queued and (result == "not_sent" or (result == "accepted" and bool(closing.next_due)))
    values: dict[Path, Any] = {}
    remove: list[Path] = ["claim"]
    counts = {_KIND[result]: 1}
    if not waits_on:
        remove.append("due")
        counts["finished"] = 1
    if result == "accepted":
        values |= _accepted(closing)
        if waits_on:
            values |= {"step": closing.step + 1, "due": closing.next_due}
        elif is_queued:
            values["status"] = "sent"
    elif result == "rejected" and is_queued:
        values |= {"status": "failed", "reason": closing.reason}
    elif result == "unknown":
        values["doubt"] = closing.attempt
        counts["in_doubt"] = 1
        if is_queued:
            values |= {"status": "unconfirmed", "reason": closing.reason}
    condition = conditions.both(Equals(("claim", "attempt"), closing.attempt), Equals("status", lead.status))
    update = Update(names.LEADS, (lead.id,), Change(set=values, remove=tuple(remove)), condition)
    writes: list[Write] = [update, _entry(closing), _counts(closing, counts), *_event_writes(closing)]
    if result == "unknown":
        writes += log.no_evidence(closing.campaign.id, closing.attempt)
    return writes + _refund(table, closing)


def _of_doubt(table: Table, closing: Closing, lead: Lead) -> list[Write]:
    """Row 3: the mail was declared unconfirmed, and now somebody knows. There is no next step after doubt."""
    if closing.result == "unknown":
        return []
    counts = {_KIND[closing.result]: 1}
    if closing.result == "not_sent":
        return [_entry(closing), _counts(closing, counts)]
    values: dict[Path, Any] = {}
    remove: list[Path] = ["doubt"]
    counts["in_doubt"] = -1
    if closing.result == "accepted":
        values |= _accepted(closing)
        if lead.status == "unconfirmed":
            values["status"] = "sent"
            remove.append("reason")
    elif lead.status == "unconfirmed":
        values |= {"status": "failed", "reason": closing.reason}
    condition = conditions.both(Equals("doubt", closing.attempt), Equals("status", lead.status))
    update = Update(names.LEADS, (lead.id,), Change(set=values, remove=tuple(remove)), condition)
    return [
        update, _entry(closing), _counts(closing, counts), *_event_writes(closing), *_refund(table, closing)
    ]  # fmt: skip


def _accepted(closing: Closing) -> dict[Path, Any]:
    values: dict[Path, Any] = {"mailed_at": to_text(closing.at)}
    if closing.step == 1 and closing.thread:
        values["thread"] = closing.thread
    return values


def _entry(closing: Closing) -> Write:
    kind = _KIND[closing.result]
    return log.entry(
        closing.campaign.id,
        log.mail_key(closing.attempt, kind),
        kind,
        at=closing.at,
        lead=closing.lead,
        sender=closing.sender,
        step=closing.step,
        message_id=closing.message_id,
        reason=closing.reason,
        by=closing.by,
        **closing.facts,
    )


def _counts(closing: Closing, counts: dict[str, int]) -> Update:
    merged = dict(closing.counts)
    for name, count in counts.items():
        merged[name] = merged.get(name, 0) + count
    return metrics.counters(closing.campaign.id, closing.day, merged)


def _event_writes(closing: Closing) -> list[Write]:
    writes = list(closing.events)
    if closing.result == "accepted" and closing.campaign.domain_cap and closing.domain:
        partition = metrics.domain_partition(closing.domain)
        writes.append(metrics.counters(partition, closing.claim.account_day, {"sent": 1}))
    return writes


def _refund(table: Table, closing: Closing) -> list[Write]:
    """What surely was not sent is given back, on the days on which it was spent, in the same transaction."""
    if closing.result not in ("rejected", "not_sent"):
        return []
    writes: list[Write] = [_account_refund(table, closing)]
    item = table.get(names.SENDERS, (closing.sender,), consistent=True)
    is_paused_now = closing.refused == "account" and _is_running(table, closing.campaign.id)
    if item:
        lane_write = lanes.refund(
            lane_from(item),
            closing.campaign.id,
            lane_day=closing.claim.lane_day,
            campaign_day=closing.claim.campaign_day,
            ticket=closing.ticket,
            back_off=closing.back_off,
            shut=is_paused_now,
            stopped=closing.reason if closing.refused == "sender" else "",
            recipients=1 + closing.claim.copies,
        )
        writes += [lane_write] if lane_write else []
    if is_paused_now:
        writes.append(
            campaign_writes.transition(
                closing.campaign.id, "pause", now=closing.at, reason=f"provider: {closing.reason}"
            )
        )
        others = [sender for sender in closing.campaign.senders if sender != closing.sender]
        writes += [lanes.shut_entry(sender, closing.campaign.id) for sender in others]
    return writes


def _account_refund(table: Table, closing: Closing) -> Update:
    day = closing.claim.account_day
    copies = closing.claim.copies
    given_back = {"used": -1 - copies, "copies": -copies}
    if not closing.is_quota_used_up:
        return metrics.counters(ACCOUNT, day, given_back)
    used = int((table.get(names.METRICS, (ACCOUNT, day), consistent=True) or {}).get("used", 1))
    left = used - 1 - copies
    change = Change(set={"used": left, "limit": left}, add={"copies": -copies} if copies else {})
    return Update(names.METRICS, (ACCOUNT, day), change, Equals("used", used))


def _is_running(table: Table, campaign: str) -> bool:
    item = table.get(names.CAMPAIGNS, (campaign,), consistent=True)
    return bool(item) and campaign_from(item or {}).status == "running"


def _after_refusal(
    closing: Closing, writes: list[Write], cancelled: TransactionCancelled
) -> tuple[Closing, bool]:
    """What a refused condition tells: our own entry exists (done), or evidence came first (accepted)."""
    for write, reason in zip(writes, cancelled.reasons, strict=True):
        if reason is None or reason.kind != "condition" or write.table != names.LOGS:
            continue
        if reason.item is None:
            continue
        kind = str(reason.item["kind"])
        if kind == _KIND[closing.result]:
            return closing, True
        if closing.result == "unknown":
            return _by_evidence(closing, reason.item), False
        # The event that came as evidence is in the log already: close without it.
        return replace(closing, events=(), counts={}), False
    return closing, False


def _by_evidence(closing: Closing, event: Mapping[str, Any]) -> Closing:
    return replace(
        closing,
        result="accepted",
        by="evidence",
        reason="",
        message_id=str(event.get("mail_id", "")),
        thread=str(event.get("thread", "")),
    )
