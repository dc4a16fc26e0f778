"""The way out: a signed link or mail suppresses one person, at once and for every campaign."""

from __future__ import annotations

from collections.abc import Sequence

from pivotr.domain.instants import to_text
from pivotr.domain.leads import STRENGTH
from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.domain.unsubscribing import read_token
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.leads import Leads
from pivotr.storage.recent import Recent
from pivotr.storage.stopping import stop
from pivotr.storage.suppressions import Suppressions


class Unsubscribing:
    """Unsubscribes the owner of a token. Old keys stay valid: a link in a mail works for ever."""

    def __init__(
        self, *, table: Table, clock: Clock, recent: Recent, key: bytes, token_keys: Sequence[bytes]
    ) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._token_keys = tuple(token_keys)
        self._leads = Leads(table)
        self._suppressions = Suppressions(table, key)

    def sender_of(self, token: str) -> str:
        """Name (or address) of the mailbox that wrote to the owner of a token; "" where it is gone.

        Changes nothing. Raises NotFound for a token that is not ours, Unavailable.
        """
        campaign_id, lead_id = read_token(self._token_keys, token)
        lead = self._leads.get(lead_id)
        pinned = lead.sender if lead and lead.campaign == campaign_id else ""
        if not pinned:
            campaign = Campaigns(self._table).get(campaign_id)
            pinned = next(iter(campaign.all_senders), "") if campaign else ""
        profile = self._recent.profile(pinned) if pinned else None
        return (profile.name or profile.address) if profile else ""

    def unsubscribe(self, token: str, *, by: str = "link") -> str:
        """Stop all mail to the person of a token; returns the lead's id. Saying it twice is fine.

        A person who has been deleted meanwhile is suppressed too, and so no later import brings them back.
        Raises NotFound for a token that is not ours, Unavailable.
        """
        campaign, lead_id = read_token(self._token_keys, token)
        lead = self._leads.get(lead_id, consistent=True)
        known = self._suppressions.get(key_of_lead(lead_id))
        is_stopped = lead is None or STRENGTH.get(lead.status, 0) >= STRENGTH["unsubscribed"]
        if known and known.reason == "unsubscribe" and is_stopped:
            return lead_id
        suppression = Suppression(
            key=key_of_lead(lead_id),
            reason="unsubscribe",
            source=f"campaign {campaign}",
            at=to_text(self._clock.now()),
            email=lead.email or None if lead else None,
        )
        stop(
            self._table,
            lead_id,
            "unsubscribed",
            clock=self._clock,
            recent=self._recent,
            kind="unsubscribed",
            suppression=suppression,
            by=by,
            mail_campaign=campaign,
        )
        return lead_id
