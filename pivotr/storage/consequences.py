"""What a provider's event does to its mail, its lead and the counters, once per mail and kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.feedback import FeedbackEvent, Recipient
from pivotr.domain.instants import local_day, to_text
from pivotr.domain.leads import Lead, LeadStatus, lead_id
from pivotr.domain.outgoing import header_id
from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.errors import Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, Put, Table, TransactionCancelled, Update, Write
from pivotr.storage import endings, log, metrics, suppressions, transactions
from pivotr.storage.leads import Leads
from pivotr.storage.mail_refs import MailRef
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT

_TRIES = 12
#: Mails that bounced transiently before the address counts as bad.
_SOFT_LIMIT = 3


class Consequences:
    """Writes the consequences of events."""

    def __init__(
        self, *, table: Table, clock: Clock, recent: Recent, lead_key: bytes, provider: str, region: str
    ) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = lead_key
        self._provider = provider
        self._region = region
        self._leads = Leads(table)
        self._memberships = Memberships(table)

    def lead_id(self, email: str) -> str:
        """The id that a lead with this address has."""
        return lead_id(self._key, judge(email).normalized or email)

    def thread(self, event: FeedbackEvent, mail: MailRef) -> str:
        """The Message-ID under which receivers know the mail: what its follow-ups refer to."""
        profile = self._recent.profile(mail.sender)
        domain = profile.domain if profile else ""
        return header_id(self._provider, event.message_id, mail.attempt, domain, region=self._region)

    def lists_of(self, mail: MailRef) -> tuple[str, ...]:
        """The lists of its campaign that the lead of a mail is on: their figures count what comes of it."""
        return tuple(name for name in self._memberships.of_lead(mail.lead) if name in mail.campaign.lists)

    def is_gone(self, leads: Iterable[str]) -> bool:
        """True where one of these leads has been deleted: then no text about it may be kept."""
        found = (self._leads.get(lead) for lead in leads)
        return any(lead is not None and lead.status == "deleted" for lead in found)

    def entry(
        self, event: FeedbackEvent, mail: MailRef, kind: str, *, lead: str, is_gone: bool = False
    ) -> Put:
        """The log entry of an event, under the key that every copy of the event shares.

        `is_gone`: the lead has been deleted, and what the receiving server said about it is left out.
        """
        facts: dict[str, Any] = {"mail_id": event.message_id, "thread": self.thread(event, mail)}
        if event.event_at:
            facts["event_at"] = event.event_at
        if kind != "delivered" and not is_gone:
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

    def apply(
        self,
        event: FeedbackEvent,
        mail: MailRef,
        kind: str,
        *,
        status: LeadStatus,
        groups: Sequence[str] | None = None,
    ) -> bool:
        """Write an event that changes its lead, once; False where it was known already.

        `groups` given: the event counts for the account, the sender and these partitions of counters too.
        """
        for attempt in range(_TRIES):
            lead = self._leads.get(mail.lead, consistent=True)
            writes = self._writes(event, mail, kind, status=status, lead=lead, groups=groups)
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
                return True
            except TransactionCancelled as cancelled:
                first = cancelled.reasons[0]
                if first and first.kind == "condition":
                    return False
                self._clock.sleep(0.01 * attempt)
        raise Unavailable("An event could not be recorded.", hint="It will be received again.")

    def _writes(
        self,
        event: FeedbackEvent,
        mail: MailRef,
        kind: str,
        *,
        status: LeadStatus,
        lead: Lead | None,
        groups: Sequence[str] | None,
    ) -> list[Write]:
        now = self._clock.now()
        tally = metrics.Tally()
        tally.add(mail.campaign.id, mail.day, {kind: 1})
        is_gone = lead is not None and lead.status == "deleted"
        writes: list[Write] = [self.entry(event, mail, kind, lead=mail.lead, is_gone=is_gone)]
        if groups is not None:
            counted = {kind: 1}
            today = local_day(now, self._recent.preferences().zone)
            for partition in (ACCOUNT, *groups):
                tally.add(partition, today, counted)
            tally.add(metrics.sender_partition(mail.sender), local_day(now, self._sender_zone(mail)), counted)
        if lead is not None:
            writes += self._lead_writes(event, mail, kind, status=status, lead=lead, tally=tally, now=now)
        return [*writes, *tally.writes()]

    def _sender_zone(self, mail: MailRef) -> str:
        profile = self._recent.profile(mail.sender)
        return profile.zone if profile else self._recent.preferences().zone

    def _lead_writes(
        self,
        event: FeedbackEvent,
        mail: MailRef,
        kind: str,
        *,
        status: LeadStatus,
        lead: Lead,
        tally: metrics.Tally,
        now: datetime,
    ) -> list[Write]:
        writes: list[Write] = []
        is_here = lead.campaign == mail.campaign.id
        if kind == "rejected" and not is_here:
            return writes
        is_evidence = lead.doubt == mail.attempt
        if is_evidence:
            tally.add(mail.campaign.id, mail.day, {"sent": 1, "in_doubt": -1})
            writes.append(self._sent_by_evidence(event, mail, now))
        values: dict[Any, Any] = {"mailed_at": to_text(now)} if is_evidence else {}
        if kind == "transient":
            is_third = mail.attempt not in lead.soft and len(lead.soft) + 1 == _SOFT_LIMIT
            if is_third:
                status = "bounced"
                writes.append(self._suppression(event, lead, "soft_bounces", now))
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
            over = ("queued", "sent", "unconfirmed")
        else:
            writes.append(
                self._suppression(event, lead, "complaint" if kind == "complained" else "bounce", now)
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

    def _suppression(self, event: FeedbackEvent, lead: Lead, reason: Any, now: datetime) -> Write:
        """Suppress the address of a lead; of one that has been deleted under its keyed hash alone."""
        return suppressions.put(
            Suppression(
                key=key_of_lead(lead.id),
                reason=reason,
                source=detail_of(event) if lead.email else "",
                actor="provider",
                at=to_text(now),
                email=lead.email or None,
            )
        )

    def suppress_known(self, event: FeedbackEvent, recipient: Recipient) -> None:
        """A permanent bounce or complaint about a mail that is not ours still protects a known address."""
        if recipient.action != "suppress":
            return
        lead_key = self.lead_id(recipient.email)
        status: LeadStatus = "complained" if event.kind == "complaint" else "bounced"
        for attempt in range(_TRIES):
            lead = self._leads.get(lead_key, consistent=True)
            if lead is None:
                return
            now = self._clock.now()
            tally = metrics.Tally()
            self._count_end(tally, lead, now)
            writes: list[Write] = [
                self._suppression(event, lead, event.kind, now),
                endings.stronger(lead, status, reason=detail_of(event)),
                *tally.writes(),
            ]
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
                return
            except TransactionCancelled:
                self._clock.sleep(0.01 * attempt)
        raise Unavailable("A suppression could not be written.", hint="It will be received again.")


def detail_of(event: FeedbackEvent) -> str:
    """Type, subtype and text of an event on one line, for people."""
    kind = " ".join(part for part in (event.bounce_type, event.bounce_subtype) if part)
    text = " ".join(event.detail.split())
    return ": ".join(part for part in (kind, text) if part)[:300]


def kept_detail_of(event: FeedbackEvent) -> str:
    """The same of an event that only the log keeps, with the provider's own word where we have none."""
    word = f"“{event.raw_kind}”" if event.kind == "unknown" else ""
    return ": ".join(filter(None, (word, detail_of(event))))
