"""Which of our mails an event, a bounce message or a reply is about.

By its tags; else by the provider's message id; else by the address that a mail of ours has just left for. The
last one is read consistently: an event may be faster than the record of its mail and than the index.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.campaigns import Campaign
from pivotr.domain.feedback import MAIL_TAGS, FeedbackEvent, plain_address
from pivotr.domain.instants import from_compact, from_text, to_compact
from pivotr.domain.leads import Lead, lead_id
from pivotr.ports.table import Between, Item, Table
from pivotr.storage import log
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.recent import Recent

#: From the claim of a mail to the provider's receipt of it: the deadline of a claim and one call.
_ON_ITS_WAY = timedelta(seconds=60)
#: Clocks of ours and the provider's differ.
_SKEW = timedelta(seconds=5)
_is_attempt = re.compile(r"\d{8}T\d{9}Z-[0-9a-z]{16}").fullmatch
_is_ses_host = re.compile(r"(?:[a-z0-9-]+|email)\.amazonses\.com", re.IGNORECASE).fullmatch


@dataclass(frozen=True, slots=True)
class MailRef:
    """Which of our mails something is about."""

    campaign: Campaign
    lead: str
    sender: str
    step: int
    attempt: str

    @property
    def day(self) -> str:
        """The day on whose counters the mail counts."""
        return log.day_of_key(self.attempt, self.campaign.zone)


class MailRefs:
    """Finds mails; writes nothing."""

    def __init__(self, *, table: Table, recent: Recent, lead_key: bytes) -> None:
        self._table = table
        self._recent = recent
        self._key = lead_key
        self._leads = Leads(table)
        self._logs = Log(table)

    def lead_id(self, email: str) -> str:
        """The id that a lead with this address has."""
        return lead_id(self._key, judge(email).normalized or email)

    def of_event(self, event: FeedbackEvent) -> MailRef | None:
        """The mail of a provider's event; None for one that is not ours."""
        if all(event.tags.get(name) for name in MAIL_TAGS):
            return self._of_facts(event.tags)
        found = self.of_message(event.message_id)
        return found or self._in_flight(event)

    def of_message(self, message_id: str) -> MailRef | None:
        """The recorded mail with this id of the provider."""
        entry = self._logs.of_message(message_id) if message_id else None
        return self._of_entry(entry) if entry else None

    def of_header(self, header_id: str, addresses: Sequence[str] = ()) -> MailRef | None:
        """The mail that receivers know under this Message-ID, without brackets.

        SES puts its own id into it; others keep ours, which holds the attempt: the campaign is then looked
        up with those of the addresses that are leads.
        """
        local, _, host = header_id.rpartition("@")
        if _is_ses_host(host):
            return self.of_message(local)
        if _is_attempt(local):
            found = self.of_attempt(local, addresses)
            if found:
                return found
        return self.of_message(header_id)

    def of_attempt(self, attempt: str, addresses: Sequence[str]) -> MailRef | None:
        """The mail with this attempt id to one of these addresses; 64 random bits prove that it is ours."""
        if not _is_attempt(attempt):
            return None
        for address in addresses:
            lead = self._leads.get(self.lead_id(address), consistent=True)
            for campaign in _campaigns_of(lead):
                entry = self._logs.get(campaign, log.mail_key(attempt, "sent"))
                if entry:
                    return self._of_entry(entry)
            if lead and attempt in (lead.claim.attempt if lead.claim else "", lead.doubt):
                return self._of_facts(_facts_of(lead, attempt))
        return None

    def _in_flight(self, event: FeedbackEvent) -> MailRef | None:
        """The mail that has just left for an address of the event, from the mailbox that it names."""
        if not event.recipients or not event.sent_at or not event.source:
            return None
        sent_at, source = from_text(event.sent_at), plain_address(event.source)
        for recipient in event.recipients:
            lead = self._leads.get(self.lead_id(recipient.email), consistent=True)
            if lead is None or not lead.campaign or not self._is_from(lead, source):
                continue
            for attempt in (lead.claim.attempt if lead.claim else None, lead.doubt):
                if attempt and _is_just_before(attempt, sent_at):
                    return self._of_facts(_facts_of(lead, attempt))
            if found := self._just_recorded(lead, event.message_id, sent_at):
                return found
        return None

    def _is_from(self, lead: Lead, source: str) -> bool:
        profile = self._recent.profile(lead.sender)
        return profile is not None and profile.address == source

    def _just_recorded(self, lead: Lead, message_id: str, sent_at: datetime) -> MailRef | None:
        """The mail is recorded, but the index does not show it yet."""
        around = Between(to_compact(sent_at - _ON_ITS_WAY), to_compact(sent_at + _SKEW))
        page = self._table.query(names.LOGS, lead.campaign, between=around, limit=1000, consistent=True)
        for entry in page.items:
            is_ours = entry["kind"] == "sent" and entry.get("leadId") == lead.id
            if is_ours and entry.get("message_id") == message_id:
                return self._of_entry(entry)
        return None

    def _of_entry(self, entry: Item) -> MailRef | None:
        attempt = str(entry["timestamp"]).partition("#")[0]
        facts = {"campaign": entry["campaignId"], "lead": entry.get("leadId", ""), "attempt": attempt}
        return self._of_facts({**facts, "sender": entry.get("sender", ""), "step": entry.get("step", 1)})

    def _of_facts(self, facts: Mapping[str, Any]) -> MailRef | None:
        campaign = self._recent.campaign(str(facts["campaign"]))
        step = str(facts["step"])
        if campaign is None or not step.isdecimal():
            return None
        found = MailRef(campaign, str(facts["lead"]), str(facts["sender"]), int(step), str(facts["attempt"]))
        try:
            _ = found.day
        except (ValueError, OverflowError):
            return None
        return found


def _campaigns_of(lead: Lead | None) -> list[str]:
    """Campaigns that have had a lead, the present one first."""
    if lead is None:
        return []
    return [*filter(None, [lead.campaign]), *sorted(lead.seen - {lead.campaign})]


def _facts_of(lead: Lead, attempt: str) -> dict[str, Any]:
    facts = {"campaign": lead.campaign, "lead": lead.id, "sender": lead.sender}
    return {**facts, "step": lead.step, "attempt": attempt}


def _is_just_before(attempt: str, sent_at: datetime) -> bool:
    try:
        claimed_at = from_compact(attempt.partition("-")[0])
    except ValueError:
        return False
    return -_SKEW <= sent_at - claimed_at <= _ON_ITS_WAY
