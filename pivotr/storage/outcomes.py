"""The provider's answer to one mail, as the end of its claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Claim, Lead
from pivotr.domain.outgoing import header_id
from pivotr.domain.senders import Sender
from pivotr.domain.steps import next_due
from pivotr.ports.mailer import Accepted, AccountRefused, NotSent, Outcome, RecipientRejected
from pivotr.storage.closing import Closing

#: A lane that the provider throttled rests this long; while it stays so the next turn meets it again.
_BACK_OFF = timedelta(seconds=60)
#: A provider that cannot be reached at all.
_BACK_OFF_UNREACHABLE = timedelta(seconds=300)


def ending(
    outcome: Outcome,
    *,
    campaign: Campaign,
    lead: Lead,
    sender: Sender,
    step: int,
    claim: Claim,
    ticket: int,
    provider: str,
    region: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> Closing:
    """How the claim is to be closed; what is not known for sure is unknown."""
    due = next_due(campaign.step_after(step), campaign.window, campaign.id, lead.id, step, now)
    unknown = Closing(
        campaign=campaign,
        lead=lead.id,
        sender=sender.id,
        step=step,
        claim=claim,
        ticket=ticket,
        result="unknown",
        at=now,
        # used where the mail was accepted, be it by the evidence of an event that was faster than its answer
        next_due=to_text(due) if due else "",
        domain=lead.domain,
        facts=facts,
    )
    if isinstance(outcome, Accepted):
        return replace(
            unknown,
            result="accepted",
            message_id=outcome.message_id,
            thread=header_id(provider, outcome.message_id, claim.attempt, sender.domain, region=region),
        )
    if isinstance(outcome, RecipientRejected):
        return replace(unknown, result="rejected", reason=outcome.text)
    if isinstance(outcome, AccountRefused):
        return replace(unknown, result="not_sent", reason=outcome.text, refused=outcome.scope)
    if isinstance(outcome, NotSent):
        return replace(
            unknown,
            result="not_sent",
            reason=outcome.text,
            back_off=now + (_BACK_OFF_UNREACHABLE if outcome.reason == "unreachable" else _BACK_OFF),
            is_quota_used_up=outcome.reason == "quota",
        )
    return replace(unknown, reason=outcome.text)


def trouble(ending: Closing, address: str) -> str:
    """What who watches a mailbox at work should hear; empty where a mail left or was refused for good."""
    reason = ending.reason.rstrip(".")
    if ending.refused:
        return f"{address} may not send: {reason}."
    if ending.back_off:
        return f"{address} could not send: {reason}. It tries again at {ending.back_off:%H:%M} UTC."
    return f"{address}: nobody knows whether a mail left: {reason}." if ending.result == "unknown" else ""
