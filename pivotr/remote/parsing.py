"""Answers of the API as the things of the domain that commands show.

What the API does not tell stays at its default: revisions, claims, shares that an operator cannot set.
"""

from __future__ import annotations

from datetime import datetime

from pivotr.api.answers import campaigns as answers
from pivotr.api.answers import leads as lead_answers
from pivotr.api.answers import mail as mail_answers
from pivotr.domain.campaigns import Campaign, Enrolment, split_cap
from pivotr.domain.instants import local_day
from pivotr.domain.lanes import Entry, Lane
from pivotr.domain.leads import Lead
from pivotr.domain.pacing import parse_gap, parse_ramp
from pivotr.domain.senders import Sender, sender_id
from pivotr.domain.steps import parse_step
from pivotr.domain.windows import parse_window


def lead_from(answer: lead_answers.Lead) -> Lead:
    """A lead; `queue` holds campaign and sender of its last enrolment."""
    queue = f"{answer.campaign}#{answer.sender}" if answer.campaign else ""
    return Lead.model_validate({**answer.model_dump(), "queue": queue})


def campaign_from(answer: answers.Campaign) -> Campaign:
    """A campaign: steps, window and gap are read by the parsers that read them on the command line."""
    senders = tuple(sender_id(one) if "@" in one else one for one in answer.senders)
    kept = answer.model_dump(exclude={"steps", "senders", "window", "zone", "gap", "enrolment"})
    return Campaign.model_validate(
        {
            **kept,
            "steps": [parse_step(text, first=number == 0) for number, text in enumerate(answer.steps)],
            "senders": senders,
            "shares": split_cap(answer.cap, senders) if senders else {},
            "window": parse_window(answer.window),
            "gap": parse_gap(answer.gap),
            "enrol": Enrolment.model_validate(answer.enrolment.model_dump()),
        }
    )


def sender_from(answer: mail_answers.Sender) -> Sender:
    """A mailbox."""
    kept = ("id", "address", "name", "reply_to", "signature", "zone", "cap", "created_at")
    return Sender(
        **{name: getattr(answer, name) for name in kept},
        ramp=parse_ramp(answer.ramp) if answer.ramp else None,
        gap=parse_gap(answer.gap) if answer.gap else None,
    )


def lane_from(answer: mail_answers.Sender, now: datetime) -> Lane:
    """What a mailbox is doing today; its campaigns are those whose gate is open."""
    return Lane(
        id=answer.id,
        ticket=0,
        due_at=answer.next_at,
        why=answer.waits_for,
        day=local_day(now, answer.zone),
        used=answer.used_today,
        cap=answer.cap_today,
        open=answer.open,
        stopped=answer.stopped,
        zone=answer.zone,
        campaigns={key: Entry(open=True) for key in answer.campaigns},
    )
