"""process-feedback: what the provider says about mails, counted once whatever is repeated, late or out of order.

An event joins its mail by tags, else by the provider's message id; what is not ours is kept under `ALL`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge as judge_address
from pivotr.domain.campaigns import Campaign
from pivotr.domain.feedback import FeedbackEvent, Recipient, parse_body
from pivotr.domain.instants import from_text, local_day, to_compact, to_text
from pivotr.domain.leads import Claim, Lead, LeadStatus, lead_id
from pivotr.domain.outgoing import header_id
from pivotr.domain.suppression import Suppression, address_key
from pivotr.errors import InvalidInput, PivotrError, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import (
    Absent,
    Change,
    Check,
    Either,
    Equals,
    Put,
    Table,
    TransactionCancelled,
    Update,
    Write,
)
from pivotr.storage import closing, endings, guarding, log, metrics, suppressions, transactions
from pivotr.storage.closing import Closing
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT

_log = logging.getLogger(__name__)

#: Deliveries of one campaign and day that share a transaction (protocol: folding).
_FOLD = 40
_TRIES = 12
#: Mails that bounced transiently before the address counts as bad.
_SOFT_LIMIT = 3
_COUNTED = {"open": "opened", "click": "clicked", "delivery_delay": "delayed"}


@dataclass(frozen=True, slots=True)
class MailRef:
    """Which of our mails an event is about."""

    campaign: Campaign
    lead: str
    sender: str
    step: int
    attempt: str

    @property
    def day(self) -> str:
        """The day on whose counters the mail counts."""
        return log.day_of_key(self.attempt, self.campaign.zone)


class Feedback:
    """Reads provider events and writes their consequences."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, lead_key: bytes, provider: str) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = lead_key
        self._provider = provider
        self._leads = Leads(table)
        self._logs = Log(table)

    def process(self, records: Sequence[tuple[str, str]]) -> list[str]:
        """Take in records of (id, body); returns the ids that failed and should be received again.

        A malformed body fails too, so that it reaches the dead-letter queue with its reason in the log.
        """
        failed: list[str] = []
        deliveries: dict[tuple[str, str], list[tuple[str, FeedbackEvent, MailRef]]] = {}
        for record, body in records:
            try:
                event = parse_body(body)
                if event.kind == "malformed":
                    raise InvalidInput(f"This record is not feedback: {event.detail}")
                mail = self._mail_of(event)
                if event.kind == "delivery" and mail:
                    deliveries.setdefault((mail.campaign.id, mail.day), []).append((record, event, mail))
                else:
                    self._take(event, mail)
            except PivotrError as error:
                _log.warning("feedback record %s failed: %s", record, error.sentence)
                failed.append(record)
        for group in deliveries.values():
            for start in range(0, len(group), _FOLD):
                failed += self._deliver(group[start : start + _FOLD])
        return failed

    def _mail_of(self, event: FeedbackEvent) -> MailRef | None:
        tags = event.tags
        if all(tags.get(name) for name in ("campaign", "lead", "sender", "step", "attempt")):
            facts: dict[str, Any] = {**tags}
        else:
            entry = self._logs.of_message(event.message_id) if event.message_id else None
            if entry is None:
                return None
            attempt = str(entry["timestamp"]).partition("#")[0]
            facts = {"campaign": entry["campaignId"], "lead": entry["leadId"], "attempt": attempt}
            facts |= {"sender": entry["sender"], "step": entry["step"]}
        campaign = self._recent.campaign(str(facts["campaign"]))
        if campaign is None or not str(facts["step"]).isdigit():
            return None
        try:
            log.day_of_key(str(facts["attempt"]), campaign.zone)
        except ValueError:
            return None
        return MailRef(
            campaign, str(facts["lead"]), str(facts["sender"]), int(facts["step"]), str(facts["attempt"])
        )

    def _take(self, event: FeedbackEvent, mail: MailRef | None) -> None:
        kind = event.kind
        if mail is None or kind in ("unknown", "subscription", "subscription_confirmation", "validation"):
            self._keep(event)
            if mail is None and kind in ("bounce", "complaint"):
                for recipient in event.recipients:
                    self._suppress_known(event, recipient)
        elif kind in ("bounce", "complaint"):
            self._take_bad_news(event, mail)
        elif kind in ("reject", "rendering_failure"):
            self._consequence(event, mail, "rejected", status="failed", is_account=False)
        elif kind in _COUNTED:
            self._count(event, mail)

    def _take_bad_news(self, event: FeedbackEvent, mail: MailRef) -> None:
        is_counted = False
        for recipient in event.recipients:
            if self._lead_id(recipient.email) != mail.lead:
                self._keep(event, recipient)
                self._suppress_known(event, recipient)
                continue
            if recipient.action == "suppress":
                kind = "complained" if event.kind == "complaint" else "bounced"
                status: LeadStatus = "complained" if event.kind == "complaint" else "bounced"
                is_counted |= self._consequence(event, mail, kind, status=status, is_account=True)
            elif recipient.action == "soft":
                self._consequence(event, mail, "transient", status="sent", is_account=False)
            else:
                self._keep(event, recipient)
        if is_counted:
            guarding.check(
                self._table, self._recent, self._clock, campaign=mail.campaign.id, sender=mail.sender
            )

    def _lead_id(self, email: str) -> str:
        return lead_id(self._key, judge_address(email).normalized or email)

    def _deliver(self, group: list[tuple[str, FeedbackEvent, MailRef]]) -> list[str]:
        """Count deliveries of one campaign and day in one transaction; returns the records that failed.

        `in_doubt` absent or 0 on that day proves that no lead is in doubt about any of these mails.
        """
        left = list(group)
        for _ in range(len(group) + _TRIES):
            if not left:
                return []
            mail = left[0][2]
            entries = [self._entry(event, ref, "delivered", lead="") for _, event, ref in left]
            none_in_doubt = Either((Absent("in_doubt"), Equals("in_doubt", 0)))
            counts = metrics.counters(
                mail.campaign.id, mail.day, {"delivered": len(left)}, condition=none_in_doubt
            )
            try:
                transactions.run(
                    self._table, [*entries, counts], token=self._clock.token(), clock=self._clock
                )
                return []
            except TransactionCancelled as cancelled:
                *known, doubt = cancelled.reasons
                fresh = [one for one, reason in zip(left, known, strict=True) if reason is None]
                if len(fresh) == len(left) and doubt:
                    return self._deliver_singly(left)
                left = fresh
            except Unavailable as error:
                _log.warning("deliveries not recorded: %s", error.sentence)
                return [record for record, _, _ in left]
        return [record for record, _, _ in left]

    def _deliver_singly(self, group: list[tuple[str, FeedbackEvent, MailRef]]) -> list[str]:
        failed: list[str] = []
        for record, event, mail in group:
            try:
                self._deliver_in_doubt(event, mail)
            except Unavailable as error:
                _log.warning("delivery not recorded: %s", error.sentence)
                failed.append(record)
        return failed

    def _deliver_in_doubt(self, event: FeedbackEvent, mail: MailRef) -> None:
        """A delivery on a day on which some lead is in doubt: perhaps about this very mail."""
        for attempt in range(_TRIES):
            entry = self._entry(event, mail, "delivered", lead="")
            lead = self._leads.get(mail.lead, consistent=True)
            if lead and lead.doubt == mail.attempt:
                closed = self._close_by(event, mail, lead, entry)
                if closed == "closed" or self._logs.has(mail.campaign.id, entry.item["timestamp"]):
                    return
                continue
            writes: list[Write] = [entry, metrics.counters(mail.campaign.id, mail.day, {"delivered": 1})]
            if lead:
                not_in_doubt = Either((Absent("doubt"), Equals("doubt", lead.doubt or "-")))
                writes.append(Check(names.LEADS, (lead.id,), not_in_doubt))
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
                return
            except TransactionCancelled as cancelled:
                if cancelled.reasons[0] and cancelled.reasons[0].kind == "condition":
                    return
                self._clock.sleep(0.01 * attempt)
        raise Unavailable("A delivery could not be recorded.", hint="It will be received again.")

    def _close_by(self, event: FeedbackEvent, mail: MailRef, lead: Lead, entry: Write) -> str:
        ending = Closing(
            campaign=mail.campaign,
            lead=mail.lead,
            sender=mail.sender,
            step=mail.step,
            claim=Claim(attempt=mail.attempt, account_day=mail.day, lane_day="", campaign_day=mail.day),
            ticket=0,
            result="accepted",
            at=self._clock.now(),
            message_id=event.message_id,
            thread=self._thread(event, mail),
            domain=lead.domain,
            by="evidence",
            events=(entry,),
            counts={"delivered": 1},
        )
        return closing.close(self._table, ending, clock=self._clock, lead=lead)

    def _thread(self, event: FeedbackEvent, mail: MailRef) -> str:
        profile = self._recent.profile(mail.sender)
        return header_id(self._provider, event.message_id, mail.attempt, profile.domain if profile else "")

    def _entry(self, event: FeedbackEvent, mail: MailRef, kind: str, *, lead: str) -> Put:
        facts: dict[str, Any] = {"mail_id": event.message_id, "thread": self._thread(event, mail)}
        if event.event_at:
            facts["event_at"] = event.event_at
        if kind != "delivered":
            facts["reason"] = detail_of(event)
        return log.entry(
            mail.campaign.id,
            log.mail_key(mail.attempt, kind),
            kind,
            at=self._clock.now(),
            lead=lead,
            sender=mail.sender,
            step=mail.step,
            **facts,
        )

    def _consequence(
        self, event: FeedbackEvent, mail: MailRef, kind: str, *, status: LeadStatus, is_account: bool
    ) -> bool:
        """Write an event that changes its lead, once; False where it was known already."""
        for attempt in range(_TRIES):
            lead = self._leads.get(mail.lead, consistent=True)
            writes = self._consequence_writes(event, mail, kind, status, lead, is_account=is_account)
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
                return True
            except TransactionCancelled as cancelled:
                first = cancelled.reasons[0]
                if first and first.kind == "condition":
                    return False
                self._clock.sleep(0.01 * attempt)
        raise Unavailable("An event could not be recorded.", hint="It will be received again.")

    def _consequence_writes(
        self,
        event: FeedbackEvent,
        mail: MailRef,
        kind: str,
        status: LeadStatus,
        lead: Lead | None,
        *,
        is_account: bool,
    ) -> list[Write]:
        now = self._clock.now()
        tally = metrics.Tally()
        tally.add(mail.campaign.id, mail.day, {kind: 1})
        writes: list[Write] = [self._entry(event, mail, kind, lead=mail.lead)]
        if is_account:
            counted = {kind: 1}
            tally.add(ACCOUNT, local_day(now, self._recent.preferences().zone), counted)
            tally.add(metrics.sender_partition(mail.sender), local_day(now, self._sender_zone(mail)), counted)
        if lead is not None:
            writes += self._lead_writes(event, mail, kind, status, lead, tally, now)
        return [*writes, *tally.writes()]

    def _sender_zone(self, mail: MailRef) -> str:
        profile = self._recent.profile(mail.sender)
        return profile.zone if profile else self._recent.preferences().zone

    def _lead_writes(
        self,
        event: FeedbackEvent,
        mail: MailRef,
        kind: str,
        status: LeadStatus,
        lead: Lead,
        tally: metrics.Tally,
        now: datetime,
    ) -> list[Write]:
        writes: list[Write] = []
        is_evidence = lead.doubt == mail.attempt
        if is_evidence:
            tally.add(mail.campaign.id, mail.day, {"sent": 1, "in_doubt": -1})
            writes.append(self._sent_by_evidence(event, mail, now))
        values: dict[Any, Any] = {"mailed_at": to_text(now)} if is_evidence else {}
        if kind == "transient":
            is_third = mail.attempt not in lead.soft and len(lead.soft) + 1 == _SOFT_LIMIT
            if is_third:
                status = "bounced"
                writes.append(self._suppression(event, lead.email, "soft_bounces", now))
                self._count_end(tally, lead, now)
                update = endings.stronger(
                    lead, status, reason="three transient bounces", is_evidence=is_evidence,
                    soft=mail.attempt, values=values,
                )  # fmt: skip
            else:
                update = self._soft_update(lead, mail, values, is_evidence=is_evidence)
            return [*writes, update]
        over: tuple[LeadStatus, ...] = ()
        if kind == "rejected":
            over = ("queued", "sent", "unconfirmed") if lead.campaign == mail.campaign.id else ()
            if not over:
                return writes
        elif lead.email:
            writes.append(
                self._suppression(event, lead.email, "complaint" if kind == "complained" else "bounce", now)
            )
        self._count_end(tally, lead, now)
        update = endings.stronger(
            lead, status, reason=detail_of(event), is_evidence=is_evidence, over=over, values=values
        )
        return [*writes, update]

    def _soft_update(self, lead: Lead, mail: MailRef, values: dict[Any, Any], *, is_evidence: bool) -> Update:
        """A transient bounce leaves the lead where it is, but settles a doubt about this mail."""
        if is_evidence and lead.status == "unconfirmed":
            values["status"] = "sent"
        condition = endings.unchanged(lead)
        change = Change(
            set=values,
            include={"soft": frozenset({mail.attempt})},
            remove=("doubt", "reason") if is_evidence else (),
        )
        return Update(names.LEADS, (lead.id,), change, condition)

    def _count_end(self, tally: metrics.Tally, lead: Lead, now: datetime) -> None:
        campaign = self._recent.campaign(lead.campaign) if lead.campaign else None
        endings.count_end(tally, lead, campaign.zone if campaign else "UTC", now)

    def _sent_by_evidence(self, event: FeedbackEvent, mail: MailRef, now: datetime) -> Write:
        return log.entry(
            mail.campaign.id,
            log.mail_key(mail.attempt, "sent"),
            "sent",
            at=now,
            lead=mail.lead,
            sender=mail.sender,
            step=mail.step,
            message_id=event.message_id,
            by="evidence",
        )

    def _suppression(self, event: FeedbackEvent, email: str, reason: Any, now: datetime) -> Write:
        return suppressions.put(
            Suppression(
                key=address_key(self._key, email),
                reason=reason,
                source=detail_of(event),
                actor="provider",
                at=to_text(now),
                email=email,
            )
        )

    def _suppress_known(self, event: FeedbackEvent, recipient: Recipient) -> None:
        """A permanent bounce or complaint about a mail that is not ours still protects a known address."""
        if recipient.action != "suppress":
            return
        lead_key = self._lead_id(recipient.email)
        status: LeadStatus = "complained" if event.kind == "complaint" else "bounced"
        for attempt in range(_TRIES):
            lead = self._leads.get(lead_key, consistent=True)
            if lead is None or not lead.email:
                return
            now = self._clock.now()
            tally = metrics.Tally()
            self._count_end(tally, lead, now)
            writes: list[Write] = [
                self._suppression(event, lead.email, event.kind, now),
                endings.stronger(lead, status, reason=detail_of(event)),
                *tally.writes(),
            ]
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
                return
            except TransactionCancelled:
                self._clock.sleep(0.01 * attempt)
        raise Unavailable("A suppression could not be written.", hint="It will be received again.")

    def _count(self, event: FeedbackEvent, mail: MailRef) -> None:
        """Opens, clicks and delays: counters only, once per event."""
        kind = _COUNTED[event.kind]
        digest = hashlib.sha256(f"{event.event_at}{event.detail}".encode()).hexdigest()[:8]
        key = f"{log.mail_key(mail.attempt, kind)}#{event.event_at}#{digest}"
        entry = log.entry(
            mail.campaign.id, key, kind, at=self._clock.now(), lead=mail.lead, event_at=event.event_at,
            reason=event.detail[:200],
        )  # fmt: skip
        counts = metrics.counters(mail.campaign.id, mail.day, {kind: 1})
        try:
            transactions.run(self._table, [entry, counts], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return

    def _keep(self, event: FeedbackEvent, recipient: Recipient | None = None) -> None:
        """What is not about one of our mails, or of a kind we do not know, is kept under the account."""
        now = self._clock.now()
        try:
            instant = to_compact(from_text(event.sent_at)) if event.sent_at else to_compact(now)
        except ValueError:
            instant = to_compact(now)
        who = address_key(self._key, recipient.email) if recipient else ""
        key = f"{instant}#{event.message_id or hashlib.sha256(event.detail.encode()).hexdigest()[:16]}"
        entry = log.entry(
            ACCOUNT, f"{key}#{event.raw_kind or event.kind}#{who}", event.kind, at=now,
            reason=detail_of(event), event_at=event.event_at,
        )  # fmt: skip
        try:
            transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return


def detail_of(event: FeedbackEvent) -> str:
    """Type, subtype and text of an event on one line, for people."""
    kind = " ".join(part for part in (event.bounce_type, event.bounce_subtype) if part)
    text = " ".join(event.detail.split())
    return ": ".join(part for part in (kind, text) if part)[:300]
