"""process-feedback: what the provider says about mails, counted once in whatever order and number it comes.

How an event finds its mail: storage/mail_refs.py. What is not ours is kept under `ALL`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence

from pivotr import names
from pivotr.domain.feedback import FeedbackEvent, Recipient, parse_body
from pivotr.domain.instants import from_text, to_compact, to_text
from pivotr.domain.leads import Claim, Lead, LeadStatus
from pivotr.domain.suppression import Suppression, address_key
from pivotr.errors import InvalidInput, PivotrError, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import (
    Absent,
    Check,
    Either,
    Equals,
    Table,
    TransactionCancelled,
    Write,
)
from pivotr.storage import closing, guarding, log, metrics, stopping, transactions
from pivotr.storage.closing import Closing
from pivotr.storage.consequences import Consequences, kept_detail_of
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.mail_refs import MailRef, MailRefs
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT

_log = logging.getLogger(__name__)

#: Deliveries of one campaign and day that share a transaction (protocol: folding).
_FOLD = 40
_TRIES = 12
_COUNTED = {"open": "opened", "click": "clicked", "delivery_delay": "delayed"}


class Feedback:
    """Reads provider events and writes their consequences."""

    def __init__(
        self,
        *,
        table: Table,
        clock: Clock,
        recent: Recent,
        lead_key: bytes,
        provider: str,
        region: str,
        take_mail: Callable[[bytes], object] | None = None,
        read_stored: Callable[[str, str], bytes] | None = None,
    ) -> None:
        """`take_mail` reads a mail that SES received for us, `read_stored` an object by bucket and key."""
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = lead_key
        self._leads = Leads(table)
        self._effects = Consequences(
            table=table, clock=clock, recent=recent, lead_key=lead_key, provider=provider, region=region
        )
        self._logs = Log(table)
        self._refs = MailRefs(table=table, recent=recent, lead_key=lead_key)
        self._take_mail = take_mail
        self._read_stored = read_stored

    def process(self, records: Sequence[tuple[str, str]]) -> list[str]:
        """Take in records of (id, body); returns the ids that failed and should be received again.

        A malformed body fails too, so that it reaches the dead-letter queue with its reason in the log.
        """
        failed: list[str] = []
        # by mail: the same delivery may come twice in one batch, and a transaction writes each entry once
        deliveries: dict[tuple[str, str], dict[str, tuple[str, FeedbackEvent, MailRef]]] = {}
        for record, body in records:
            try:
                event = parse_body(body)
                if event.kind == "malformed":
                    raise InvalidInput(f"This record is not feedback: {event.detail}")
                mail = self._refs.of_event(event)
                if event.kind == "delivery" and mail:
                    if not self._is_about_lead(event, mail):
                        continue  # a copy has arrived, which tells nothing of the lead
                    of_day = deliveries.setdefault((mail.campaign.id, mail.day), {})
                    of_day.setdefault(mail.attempt, (record, event, mail))
                else:
                    self._take(event, mail)
            except PivotrError as error:
                _log.warning("feedback record %s failed: %s", record, error.sentence)
                failed.append(record)
            except Exception:
                # one record that nobody foresaw must not take nine good ones with it
                _log.exception("feedback record %s failed", record)
                failed.append(record)
        for of_day in deliveries.values():
            group = list(of_day.values())
            for start in range(0, len(group), _FOLD):
                failed += self._deliver(group[start : start + _FOLD])
        return failed

    def take(self, event: FeedbackEvent, mail: MailRef | None = None) -> None:
        """Take in one event that came another way, such as a bounce by mail. Raises Unavailable."""
        self._take(event, mail or self._refs.of_event(event))

    def _is_about_lead(self, event: FeedbackEvent, mail: MailRef) -> bool:
        """False for an event that lists recipients of the mail, but not its lead."""
        leads = [self._effects.lead_id(recipient.email) for recipient in event.recipients]
        return not leads or mail.lead in leads

    def _take(self, event: FeedbackEvent, mail: MailRef | None) -> None:
        kind = event.kind
        if kind == "received":
            self._receive(event)
        elif mail is None or kind in ("unknown", "subscription"):
            self._keep(event, mail=mail)
            if kind == "subscription":
                self._opt_out(event)
            elif kind in ("bounce", "complaint"):
                for recipient in event.recipients:
                    self._effects.suppress_known(event, recipient)
        elif kind in ("bounce", "complaint"):
            self._take_bad_news(event, mail)
        elif kind in ("reject", "rendering_failure"):
            self._effects.apply(event, mail, "rejected", status="failed")
        elif kind in _COUNTED:
            self._count(event, mail)

    def _receive(self, event: FeedbackEvent) -> None:
        """Mail that SES has received for us: read it here, or keep the word of it."""
        receipt = event.receipt
        contents = [receipt.content] if receipt and receipt.content else []
        if receipt and self._read_stored is not None:
            contents += [self._read_stored(*place) for place in receipt.stored]
        if not contents or self._take_mail is None:
            self._keep(event)
            return
        for content in contents:
            self._take_mail(content)

    def _opt_out(self, event: FeedbackEvent) -> None:
        """A person has left at the provider: as if by our own link, whether we know the address or not."""
        for recipient in event.recipients:
            if recipient.action != "suppress":
                continue
            lead = self._effects.lead_id(recipient.email)
            is_gone = self._effects.is_gone((lead,))
            suppression = Suppression(
                key=address_key(self._key, recipient.email), reason="unsubscribe",
                source="the provider's subscription list", actor="provider",
                at=to_text(self._clock.now()), email=None if is_gone else recipient.email,
            )  # fmt: skip
            stopping.stop(
                self._table, lead, "unsubscribed", clock=self._clock, recent=self._recent,
                kind="unsubscribed", suppression=suppression, by="provider",
            )  # fmt: skip

    def _take_bad_news(self, event: FeedbackEvent, mail: MailRef) -> None:
        is_counted = False
        lists: tuple[str, ...] | None = None
        domain = ""
        for recipient in event.recipients:
            if self._effects.lead_id(recipient.email) != mail.lead:
                self._keep(event, recipient)
                self._effects.suppress_known(event, recipient)
                continue
            if recipient.action == "suppress":
                kind = "complained" if event.kind == "complaint" else "bounced"
                status: LeadStatus = "complained" if event.kind == "complaint" else "bounced"
                lists = self._effects.lists_of(mail) if lists is None else lists
                domain = recipient.email.rpartition("@")[2]
                groups = [metrics.domain_partition(domain), *map(metrics.list_partition, lists)]
                is_counted |= self._effects.apply(event, mail, kind, status=status, groups=groups)
            elif recipient.action == "soft":
                self._effects.apply(event, mail, "transient", status="sent")
            else:
                self._keep(event, recipient)
        if is_counted:
            guarding.check(
                self._table, self._recent, self._clock, campaign=mail.campaign.id, sender=mail.sender,
                lists=lists or (), domain=domain,
            )  # fmt: skip

    def _deliver(self, group: list[tuple[str, FeedbackEvent, MailRef]]) -> list[str]:
        """Count deliveries of one campaign and day in one transaction; returns the records that failed.

        `in_doubt` absent or 0 on that day proves that no lead is in doubt about any of these mails.
        """
        left = list(group)
        for _ in range(len(group) + _TRIES):
            if not left:
                return []
            mail = left[0][2]
            entries = [self._effects.entry(event, ref, "delivered", lead="") for _, event, ref in left]
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
            entry = self._effects.entry(event, mail, "delivered", lead="")
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
            thread=self._effects.thread(event, mail),
            domain=lead.domain,
            by="evidence",
            events=(entry,),
            counts={"delivered": 1},
        )
        return closing.close(self._table, ending, clock=self._clock, lead=lead)

    def _count(self, event: FeedbackEvent, mail: MailRef) -> None:
        """Opens, clicks and delays: counters only, once per event."""
        kind = _COUNTED[event.kind]
        digest = hashlib.sha256(f"{event.event_at}{event.detail}".encode()).hexdigest()[:8]
        key = f"{log.mail_key(mail.attempt, kind)}#{event.event_at}#{digest}"
        entry = log.entry(
            mail.campaign.id, key, kind, at=self._clock.now(), lead=mail.lead, event_at=event.event_at,
            reason="" if self._effects.is_gone((mail.lead,)) else event.detail[:200],
        )  # fmt: skip
        counts = metrics.counters(mail.campaign.id, mail.day, {kind: 1})
        try:
            transactions.run(self._table, [entry, counts], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return

    def _keep(
        self, event: FeedbackEvent, recipient: Recipient | None = None, *, mail: MailRef | None = None
    ) -> None:
        """What is not about one of our mails, or of a kind we do not know, is kept under the account."""
        now = self._clock.now()
        try:
            instant = to_compact(from_text(event.sent_at)) if event.sent_at else to_compact(now)
        except ValueError:
            instant = to_compact(now)
        who = address_key(self._key, recipient.email) if recipient else ""
        named = (recipient,) if recipient else event.recipients
        leads = [self._effects.lead_id(one.email) for one in named]
        is_gone = self._effects.is_gone([*leads, mail.lead] if mail else leads)
        key = f"{instant}#{event.message_id or hashlib.sha256(event.detail.encode()).hexdigest()[:16]}"
        entry = log.entry(
            ACCOUNT, f"{key}#{event.raw_kind or event.kind}#{who}", event.kind, at=now,
            reason="" if is_gone else kept_detail_of(event), event_at=event.event_at,
        )  # fmt: skip
        try:
            transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return
