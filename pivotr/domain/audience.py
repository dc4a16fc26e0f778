"""Who of a campaign's lists belongs to its audience, and from which mailbox each of them hears."""

from __future__ import annotations

from datetime import datetime, timedelta

from pivotr.domain.campaigns import Campaign, Filters
from pivotr.domain.chance import seeded
from pivotr.domain.instants import from_text
from pivotr.domain.leads import ENROLLABLE, Lead


def draw_sender(campaign: Campaign, lead: str) -> str:
    """The sender to which a lead is pinned: by seed, weighted by the senders' shares."""
    shares = sorted(campaign.shares.items())
    at = seeded(campaign.id, lead, "sender") % sum(share for _, share in shares)
    for sender, share in shares:
        if at < share:
            return sender
        at -= share
    return shares[-1][0]


def why_left_out(
    campaign: Campaign, lead: Lead, now: datetime, *, is_suppressed: bool, needs_basis: bool = False
) -> str:
    """Why a member is not in the audience, in a word or two; empty when it is.

    `needs_basis`: the operator's setting that nobody is written to whose source and basis are not known.
    """
    filters = campaign.filters
    word = ""
    days = filters.exclude_mailed_within_days
    if campaign.id in lead.seen:
        word = "enrolled"
    elif is_suppressed or lead.status in ("bounced", "complained", "unsubscribed", "deleted"):
        word = "suppressed"
    elif lead.due or lead.claim or lead.doubt:
        word = "busy"
    elif lead.status not in (filters.statuses or ENROLLABLE):
        word = "state"
    elif not _passes(filters, lead):
        word = "filter"
    elif needs_basis and not (lead.source and lead.basis):
        word = "no basis"
    elif days and lead.mailed_at and from_text(lead.mailed_at) > now - timedelta(days=days):
        word = "mailed recently"
    return word


def _passes(filters: Filters, lead: Lead) -> bool:
    """True when every filter that is set lets the lead pass."""
    return not (
        (filters.tags and not lead.tags & set(filters.tags))
        or (filters.types and lead.type not in filters.types)
        or (filters.verdicts and lead.verdict not in filters.verdicts)
        or (filters.sources and lead.source not in filters.sources)
        or (filters.bases and lead.basis not in filters.bases)
        or (filters.imports and lead.import_id not in filters.imports)
    )
