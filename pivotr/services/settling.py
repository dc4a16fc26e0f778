"""Settling an unconfirmed mail by an operator who knows more than the provider has said."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

from pivotr.domain.addresses import judge
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import from_compact, local_day, to_text
from pivotr.domain.leads import Claim, Lead, lead_id
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import All, Change, Equals, Path, Table, TransactionCancelled, Update, Write
from pivotr.storage import closing, conditions, log, metrics, transactions
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.closing import Closing
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads, first_mail_due
from pivotr.storage.recent import Recent

Verdict: TypeAlias = Literal["sent", "failed", "again"]

#: How long a provider may still be working on a mail of which nobody knows (protocol: "Settle unconfirmed").
_WAIT = timedelta(hours=1)


class Settling:
    """Ends a doubt: the mail went out, it did not, or it is to be tried again."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._leads = Leads(table)

    def settle(self, campaign: str, lead: str, as_: Verdict, *, actor: str = "") -> Lead:
        """Settle the doubt about a lead's mail; returns the lead as it is then.

        `again` risks a second mail, and is possible only while the campaign runs and an hour after the try.
        Raises NotFound, Conflict.
        """
        found = Campaigns(self._table).get(campaign, consistent=True)
        if found is None:
            raise NotFound(f"There is no campaign “{campaign}”.", hint="See all with: pivotr campaign list")
        person = self._lead(lead)
        if person.doubt is None or person.campaign != found.id:
            raise Conflict(
                f"No mail of “{found.name}” to {person.email or person.id} is unconfirmed.",
                hint=f"See its mails with: pivotr leads show {person.email or person.id}",
            )
        if as_ == "again":
            self._again(found, person, person.doubt, actor)
        else:
            self._close(found, person, person.doubt, as_, actor)
        return self._leads.get(person.id, consistent=True) or person

    def _close(
        self, campaign: Campaign, lead: Lead, attempt: str, as_: Literal["sent", "failed"], actor: str
    ) -> None:
        closing.close(
            self._table,
            Closing(
                campaign=campaign,
                lead=lead.id,
                sender=lead.sender,
                step=lead.step,
                claim=self._claim_of(campaign, lead.sender, attempt),
                ticket=0,
                result="accepted" if as_ == "sent" else "rejected",
                at=from_compact(attempt.partition("-")[0]) if as_ == "sent" else self._clock.now(),
                reason="" if as_ == "sent" else "settled by an operator",
                by="operator",
                domain=lead.domain,
                facts={"actor": actor},
            ),
            clock=self._clock,
        )

    def _claim_of(self, campaign: Campaign, sender: str, attempt: str) -> Claim:
        """The claim as it was, as far as the attempt's instant tells: its days are those of its counters."""
        at = from_compact(attempt.partition("-")[0])
        lane = Lanes(self._table).get(sender, consistent=True)
        return Claim(
            attempt=attempt,
            account_day=local_day(at, self._recent.preferences().zone),
            lane_day=local_day(at, lane.zone if lane else campaign.zone),
            campaign_day=local_day(at, campaign.zone),
        )

    def _again(self, campaign: Campaign, lead: Lead, attempt: str, actor: str) -> None:
        now = self._clock.now()
        if campaign.status != "running":
            raise Conflict(
                f"“{campaign.name}” is {campaign.status}; a mail is tried again only while it runs.",
                hint="Settle it as sent or as failed.",
            )
        if now - from_compact(attempt.partition("-")[0]) < _WAIT:
            raise Conflict(
                "The try is less than an hour old: the provider may still take the mail.",
                hint="Wait for its answer, or come back in an hour.",
            )
        if lead.status != "unconfirmed":
            raise Conflict(
                f"The lead is {lead.status} meanwhile: nothing is sent to it again.",
                hint="Settle it as sent or as failed.",
            )
        due = first_mail_due(0) if lead.step <= 1 else to_text(now)
        change: dict[Path, object] = {"status": "queued", "due": due}
        condition = All((Equals("doubt", attempt), Equals("status", "unconfirmed")))
        writes: list[Write] = [
            Update(
                "leads", (lead.id,), Change(set=change, remove=("doubt", "claim", "reason")), condition
            ),
            log.entry(
                campaign.id, log.mail_key(attempt, "settled"), "settled", at=now, lead=lead.id,
                sender=lead.sender, step=lead.step, actor=actor, reason="again",
            ),
            metrics.counters(
                campaign.id,
                log.day_of_key(attempt, campaign.zone),
                {"settled": 1, "in_doubt": -1, "finished": -1},
            ),
            Update("campaigns", (campaign.id,), Change(add={"rev": 1}), conditions.campaign_in(("running",))),
        ]  # fmt: skip
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            raise Conflict(
                "The lead or the campaign changed at this very moment.",
                hint=f"Look again with: pivotr leads show {lead.email}",
            ) from None

    def _lead(self, key: str) -> Lead:
        text = key.strip()
        identity = lead_id(self._key, judge(text).normalized or text.lower()) if "@" in text else text
        found = self._leads.get(identity, consistent=True)
        if found is None:
            raise NotFound(f"There is no lead “{key}”.", hint="See all with: pivotr leads list")
        return found
