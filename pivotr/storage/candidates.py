"""One candidate for a turn: the rules that put a lead off, the verifier's verdict, and what follows from it.

Nothing here is a gate: the claim decides, so a soft rule may be passed by a mail or two.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.days import next_midnight
from pivotr.domain.instants import from_text, local_day, to_text
from pivotr.domain.leads import Lead
from pivotr.domain.verification import decide, is_fresh
from pivotr.errors import LimitReached, Misconfigured, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Table
from pivotr.ports.verifier import Verification, Verifier
from pivotr.storage import leads, metrics, skipping
from pivotr.storage.recent import Recent
from pivotr.storage.work import Work

_log = logging.getLogger(__name__)

#: When a verdict told nothing the address is asked about once more, this much later.
_SECOND_LOOK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why no verdict can be had now: the verifier's rate (for so many seconds), its silence, its refusal."""

    kind: Literal["rate", "down", "refused"]
    text: str = ""
    seconds: float = 0.0


#: The lead with a fresh verdict, to be mailed; None where it was skipped or put off; or a hindrance.
Examined: TypeAlias = Lead | None | Hindrance


class Candidates:
    """Judges waiting leads one by one."""

    def __init__(self, *, table: Table, verifier: Verifier, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._verifier = verifier
        self._clock = clock
        self._recent = recent
        self._work = Work(table)

    def examine(self, campaign: Campaign, lead: Lead, *, now: datetime, is_suppressed: bool) -> Examined:
        """Check one waiting lead. Raises Unavailable when the table cannot be reached."""
        if is_suppressed or lead.domain in self._recent.suppressed_domains():
            self._skip(campaign, lead, "suppressed")
        elif lead.step > len(campaign.steps):
            skipping.end_sequence(self._table, campaign, lead, now=self._clock.now(), clock=self._clock)
        elif (later := self._soft_rule(campaign, lead, now)) is not None:
            self._put_off(lead, later)
        else:
            return self._verified(campaign, lead, now)
        return None

    def _verified(self, campaign: Campaign, lead: Lead, now: datetime) -> Examined:
        """What the campaign's policy makes of the lead's verdict."""
        checked = self._check(lead, now)
        if isinstance(checked, Hindrance):
            return checked
        decision = decide(checked.verdict, checked.verdict_flags, campaign.policy, tries=checked.tries)
        if decision.action == "later":
            self._put_off(checked, now + _SECOND_LOOK, tries=checked.tries + 1)
        elif decision.action == "skip":
            self._skip(campaign, checked, decision.reason)
        else:
            return checked
        return None

    def _skip(self, campaign: Campaign, lead: Lead, reason: str) -> None:
        skipping.skip(self._table, campaign, lead, reason, now=self._clock.now(), clock=self._clock)

    def _check(self, lead: Lead, now: datetime) -> Lead | Hindrance:
        """The lead with a fresh verdict, or what stands in the way."""
        preferences = self._recent.preferences()
        is_settled = lead.verdict in ("valid", "invalid", "risky") and "greylisted" not in lead.verdict_flags
        if is_settled and is_fresh(lead.verified_at, now, days=preferences.whole("verifier.days")):
            return lead
        if self._verifier.credits_matter:
            interval = 60.0 / preferences.number("verifier.rate")
            wait = self._work.take_turn("verifier", now=now, interval=interval)
            if wait > 0:
                return Hindrance("rate", seconds=wait)
        try:
            found = self._verifier.check(lead.email)
        except Unavailable as error:
            return Hindrance("down", error.sentence)
        except (LimitReached, Misconfigured) as error:
            return Hindrance("refused", error.sentence)
        return with_verdict(lead, found, self._clock.now())

    def _soft_rule(self, campaign: Campaign, lead: Lead, now: datetime) -> datetime | None:
        """The instant until which a soft rule puts the lead off, or None."""
        days = campaign.not_mailed_within_days
        if days and lead.step == 1 and lead.mailed_at:
            free = from_text(lead.mailed_at) + timedelta(days=days)
            if free > now:
                return free
        if campaign.domain_cap:
            zone = self._recent.preferences().zone
            today = local_day(now, zone)
            item = self._table.get(names.METRICS, (metrics.domain_partition(lead.domain), today)) or {}
            if item.get("sent", 0) >= campaign.domain_cap:
                return next_midnight(now, zone)
        return None

    def _put_off(self, lead: Lead, until: datetime, *, tries: int | None = None) -> None:
        """Date the lead later; it stays open. Takes the verdict along, so that the credit is not lost."""
        due = leads.put_off_due(until) if (lead.due or "").startswith("~") else to_text(until)
        values: dict[str, Any] = {"due": due, **leads.verdict_values(lead)}
        if tries is not None:
            values["tries"] = tries
        write = leads.update(lead.id, leads.waits_and_due_as_read(lead), **values)
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            _log.info("lead %s changed while it was put off", lead.id)


def with_verdict(lead: Lead, found: Verification, at: datetime) -> Lead:
    """The lead with a verifier's answer."""
    return lead.model_copy(
        update={"verdict": found.verdict, "verdict_flags": found.flags, "verified_at": to_text(at)}
    )
