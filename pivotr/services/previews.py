"""Previews: what named leads of a campaign would get, rendered by the very path of the sending (P9)."""

from __future__ import annotations

from dataclasses import dataclass

from pivotr.domain.audience import draw_sender
from pivotr.domain.campaigns import Campaign
from pivotr.domain.chance import attempt_id
from pivotr.domain.leads import Lead
from pivotr.domain.outgoing import Wording
from pivotr.domain.templates import CompiledTemplate
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table
from pivotr.storage.audience import Audience
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.leads import Leads
from pivotr.storage.recent import Recent
from pivotr.storage.suppressions import Suppressions

#: Stands in for the 64 random bits of an attempt: the one thing in a preview that a mail will have otherwise.
_ATTEMPT = "0" * 16


@dataclass(frozen=True, slots=True)
class Preview:
    """One mail as it would leave; `data` is its exact bytes, but for date and message id."""

    lead_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str | None
    variant: str
    data: bytes


class Previews:
    """Renders; changes nothing."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, wording: Wording, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._wording = wording
        self._key = key
        self._leads = Leads(table)
        self._audience = Audience(table, key)
        self._suppressions = Suppressions(table, key)

    def campaign(self, key: str, lead: str | None = None, count: int = 3, *, step: int = 1) -> list[Preview]:
        """Mails of a campaign: to the named lead (address or id), else to the first `count` of its audience:
        who has been enrolled or would be.

        A draft uses the newest template versions. Raises NotFound, InvalidInput, MissingVariable.
        """
        campaign = Campaigns(self._table).get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        if not 1 <= step <= len(campaign.steps):
            raise InvalidInput(f"“{campaign.name}” has no step {step}.", hint="Use --step 1, for example.")
        if not 1 <= count <= 1000:
            raise InvalidInput("The count must lie between 1 and 1000.", hint="Use --count 3.")
        if lead:
            leads = [self._leads.named(self._key, lead)]
        else:
            leads = self._audience.first(campaign, self._clock.now(), count)
        first = self._recent.of_step(campaign.steps[0])
        template = self._recent.of_step(campaign.steps[step - 1])
        return [self._preview(campaign, one, step, template, first) for one in leads]

    def _preview(
        self, campaign: Campaign, lead: Lead, step: int, template: CompiledTemplate, first: CompiledTemplate
    ) -> Preview:
        pinned = lead.sender if lead.campaign == campaign.id else draw_sender(campaign, lead.id)
        sender = self._recent.profile(pinned)
        if sender is None:
            raise NotFound("The sender has no profile.", hint="See all with: pivotr sender list")
        now = self._clock.now()
        mail = self._wording.mail(
            campaign=campaign.id,
            template=template,
            first_template=first,
            lead=lead,
            step=step,
            sender=sender,
            preferences=self._recent.preferences(),
            attempt=attempt_id(now, _ATTEMPT),
            at=now,
            copies=self._suppressions.free(sender.cc),
        )
        rendered = mail.rendered
        return Preview(
            lead.id,
            lead.email,
            sender.address,
            rendered.subject,
            rendered.text,
            rendered.html,
            rendered.variant,
            mail.data,
        )
