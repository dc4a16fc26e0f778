"""Mail that comes in: replies end a sequence, bounces and complaints go to the ledger, wishes are heeded.

A mail counts only for the mail of ours that it is about, proved by an id that nobody else knows. What is not
clear is put before the operator. The same mail may be read twice: nothing happens twice.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Literal, TypeAlias

from pivotr.domain.address_flags import FREE, flags
from pivotr.domain.feedback import Action, FeedbackEvent, Recipient
from pivotr.domain.incoming import Incoming, read
from pivotr.domain.incoming_reports import Report
from pivotr.domain.instants import to_text
from pivotr.domain.leads import STRENGTH, Lead
from pivotr.domain.reports import MailboxReport, OpenReply
from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.errors import Misconfigured, NotFound, PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.mailbox import Mailbox
from pivotr.ports.table import Table
from pivotr.storage import stopping
from pivotr.storage.leads import Leads
from pivotr.storage.mail_refs import MailRef, MailRefs
from pivotr.storage.open_replies import OpenReplies
from pivotr.storage.recent import Recent
from pivotr.storage.work import Work

_log = logging.getLogger(__name__)

Became: TypeAlias = Literal[
    "replied",
    "unsubscribed",
    "bounced",
    "delayed",
    "complained",
    "automatic",
    "open",
    "foreign",
    "unreadable",
]

_BECAME: dict[str, Became] = {"bounce": "bounced", "delay": "delayed", "complaint": "complained"}
_CURSOR = "mailbox"
#: Work item that tells whether bounces by mail reach us: `proven_at`, `seen_at`, `bounced_at`.
BOUNCE_PATH = "bounce-path"
_KEPT_DAYS = 3650
#: Seconds between two looks, for all processes together; mails a look takes at most, in slices.
_INTERVAL = 45.0
_SLICE = 25
_SLICES = 8
#: Seconds after which a look ends itself; the next one goes on.
_BUDGET = 15.0
#: How far back the first look goes.
_FIRST = timedelta(days=7)
_SEEN_ANEW = timedelta(hours=1)


class IncomingMail:
    """Reads mails and does what they say."""

    def __init__(
        self,
        *,
        table: Table,
        clock: Clock,
        recent: Recent,
        lead_key: bytes,
        take_event: Callable[[FeedbackEvent, MailRef], object],
        unsubscribe: Callable[[str], str],
        mailbox: Callable[[], Mailbox | None] = lambda: None,
    ) -> None:
        """`take_event` gives an event to the ledger, `unsubscribe` stops the owner of a token."""
        self._table = table
        self._clock = clock
        self._recent = recent
        self._take_event = take_event
        self._unsubscribe = unsubscribe
        self._mailbox = mailbox
        self._leads = Leads(table)
        self._refs = MailRefs(table=table, recent=recent, lead_key=lead_key)
        self._replies = OpenReplies(table)
        self._work = Work(table)

    def poll(self) -> int:
        """Look into the mailbox, where there is one and nobody has just done it; returns how many were new.

        Raises Unavailable, Misconfigured.
        """
        if self._mailbox() is None:
            return 0
        if self._work.take_turn("mailbox", now=self._clock.now(), interval=_INTERVAL) > 0:
            return 0
        return self.look().mails

    def look(self) -> MailboxReport:
        """Read what is new in the mailbox. Raises Misconfigured (also without one), Unavailable."""
        mailbox = self._mailbox()
        if mailbox is None:
            raise Misconfigured(
                "No mailbox is read here.", hint="Set PIVOTR_MAILBOX and its like: docs/reputation.md"
            )
        outcomes: Counter[str] = Counter()
        has_more = False
        began = self._clock.now()
        for _ in range(_SLICES):
            now = self._clock.now()
            if (now - began).total_seconds() > _BUDGET:
                break
            cursor = str((self._work.get(_CURSOR) or {}).get("cursor", ""))
            fetched = mailbox.fetch(cursor, since=now - _FIRST, limit=_SLICE)
            self._note_path(seen=True)
            for raw in fetched.mails:
                outcomes[self._take_safely(raw)] += 1
            if fetched.cursor != cursor:
                self._work.save(_CURSOR, {"cursor": fetched.cursor}, now=now, days=_KEPT_DAYS)
            has_more = fetched.has_more
            if not has_more:
                break
        return MailboxReport(mails=sum(outcomes.values()), outcomes=dict(outcomes), has_more=has_more)

    def take(self, raw: bytes) -> Became:
        """Do what one mail says. Raises Unavailable."""
        mail = read(raw)
        if mail.kind in ("unreadable", "automatic"):
            return "automatic" if mail.kind == "automatic" else "unreadable"
        if mail.report is not None:
            return self._take_report(mail, mail.report)
        if mail.kind == "unsubscribe":
            try:
                self._unsubscribe(mail.token)
            except NotFound:
                return "foreign"
            return "unsubscribed"
        return self._take_answer(mail, raw)

    def _take_safely(self, raw: bytes) -> str:
        """One mail that nobody foresaw must not keep all later ones from being read."""
        try:
            return self.take(raw)
        except PivotrError:
            raise
        except Exception:
            _log.exception("a mail could not be read")
            return "unreadable"

    def _take_report(self, mail: Incoming, report: Report) -> Became:
        """A bounce or complaint by mail: believed only about a mail of ours, which its sender must know."""
        back = report.returned
        people = [one for one in (back.to, *report.recipients) if one]
        found = self._refs.of_attempt(back.attempt, people)
        for one in (back.message_id, *mail.references):
            found = found or (self._refs.of_header(one, people) if one else None)
        lead = self._leads.get(found.lead, consistent=True) if found else None
        if found is None or lead is None:
            return "foreign"
        self._take_event(self._event(report, lead.email or (people or [""])[0]), found)
        if report.kind == "bounce":
            self._note_path(bounced=True)
        return _BECAME[report.kind]

    def _event(self, report: Report, email: str) -> FeedbackEvent:
        """The report in the words of a provider's event: the ledger knows one language."""
        now = to_text(self._clock.now())
        action: Action = "none"
        if report.kind == "bounce":
            action = "suppress" if report.is_permanent else "soft"
        elif report.kind == "complaint" and report.feedback_type != "not-spam":
            action = "suppress"
        return FeedbackEvent(
            kind="delivery_delay" if report.kind == "delay" else report.kind,
            recipients=(Recipient(email, action),),
            event_at=now,
            bounce_type=("Permanent" if report.is_permanent else "Transient")
            if report.kind == "bounce"
            else "",
            bounce_subtype=report.subtype,
            detail=" ".join(filter(None, (report.feedback_type, report.detail))),
            raw_kind=f"mail: {report.kind}",
        )

    def _take_answer(self, mail: Incoming, raw: bytes) -> Became:
        """An answer by a person, or a letter of one whom we have written to."""
        found: MailRef | None = None
        for one in mail.references:
            found = found or self._refs.of_header(one, [mail.sender])
        key = found.lead if found else self._refs.lead_id(mail.sender)
        lead = self._leads.get(key, consistent=True)
        if lead is None or lead.status == "deleted" or not (found or lead.mailed_at):
            return "foreign"
        if mail.wish == "stop" and (mail.sender == lead.email or _is_same_house(mail.sender, lead)):
            self._stop_for_good(lead, found)
            return "unsubscribed"
        if found:
            stopping.stop(
                self._table, lead.id, "replied", clock=self._clock, recent=self._recent, kind="replied",
                by="mail", mail_campaign=found.campaign.id,
            )  # fmt: skip
        why = _why_open(mail, lead, is_proved=found is not None)
        if why:
            self._put_before_operator(mail, raw, lead, found, why)
            return "open"
        return "replied"

    def _stop_for_good(self, lead: Lead, found: MailRef | None) -> None:
        suppression = Suppression(
            key=key_of_lead(lead.id),
            reason="unsubscribe",
            source=f"answer to campaign {found.campaign.id}" if found else "a letter",
            at=to_text(self._clock.now()),
            email=lead.email or None,
        )
        stopping.stop(
            self._table, lead.id, "unsubscribed", clock=self._clock, recent=self._recent,
            kind="unsubscribed", suppression=suppression, by="reply",
        )  # fmt: skip

    def _put_before_operator(
        self, mail: Incoming, raw: bytes, lead: Lead, found: MailRef | None, why: str
    ) -> None:
        digest = hashlib.sha256(mail.message_id.encode() if mail.message_id else raw).hexdigest()[:12]
        reply = OpenReply(
            id=digest,
            sender=mail.sender,
            lead=lead.id,
            campaign=found.campaign.id if found else lead.campaign,
            subject=mail.subject,
            text=mail.text,
            why=why,
        )
        self._replies.add(reply, self._clock.now())

    def _note_path(self, *, seen: bool = False, bounced: bool = False) -> None:
        """Remember that the mailbox can be read, and that bounces arrive there."""
        now = self._clock.now()
        known = self._work.get(BOUNCE_PATH) or {}
        values: dict[str, str] = {
            name: known[name] for name in ("proven_at", "seen_at", "bounced_at") if name in known
        }
        fresh = to_text(now)
        if seen and values.get("seen_at", "") > to_text(now - _SEEN_ANEW):
            return
        if seen:
            values |= {"proven_at": values.get("proven_at", fresh), "seen_at": fresh}
        if bounced:
            values |= {"bounced_at": fresh}
        self._work.save(BOUNCE_PATH, values, now=now, days=_KEPT_DAYS)


def _why_open(mail: Incoming, lead: Lead, *, is_proved: bool) -> str:
    """Why a person has to look at an answer; empty where nothing is left to decide."""
    if mail.wish == "stop":
        return "asks for no more mails, from another address than the one written to"
    if mail.wish == "perhaps":
        return "may ask for no more mails"
    if not is_proved and lead.status not in STRENGTH:
        return "a lead has written, but not as an answer to one of our mails"
    return ""


def _is_same_house(sender: str, lead: Lead) -> bool:
    """A colleague may ask for the person; providers of mailboxes for everybody are no house."""
    return bool(lead.domain) and sender.endswith(f"@{lead.domain}") and FREE not in flags(lead.email)
