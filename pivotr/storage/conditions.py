"""Every named condition. All protection against races can be read here.

docs/protocol.md tells for each what goes wrong without it.
"""

from __future__ import annotations

from datetime import datetime

from pivotr.domain.instants import to_text
from pivotr.domain.leads import Lead
from pivotr.ports.table import (
    Absent,
    All,
    AtLeast,
    AtMost,
    Attribute,
    Below,
    Condition,
    Either,
    Equals,
    Lacks,
    OneOf,
    Present,
    SizeBelow,
    SizeEquals,
)

#: `due` of first mails begins with a tilde, that of follow-ups with a digit: digits sort first.
FIRST_MAIL = "~"


def both(*parts: Condition) -> Condition:
    """All parts hold."""
    return All(parts)


def lane_grants(ticket: int, campaign: str, *, now: datetime, lane_day: str, campaign_day: str) -> Condition:
    """The lane gives this turn: ticket, gates, instant, cap of the day, and the campaign's gate and share."""
    entry = ("campaigns", campaign)
    return All(
        (
            Equals("ticket", ticket),
            Equals("open", True),
            Absent("stopped"),
            AtMost("due_at", to_text(now)),
            Either((Absent("day"), Below("day", lane_day), Below("used", Attribute("cap")))),
            Equals((*entry, "o"), True),
            Either(
                (
                    Absent((*entry, "d")),
                    Below((*entry, "d"), campaign_day),
                    Below((*entry, "u"), Attribute((*entry, "s"))),
                )
            ),
        )
    )


def lead_is_claimable(queue: str, step: int, *, now: datetime) -> Condition:
    """The lead waits in this campaign for this sender at this step, its time has come, nobody has it."""
    return All(
        (
            Equals("status", "queued"),
            Absent("claim"),
            Equals("queue", queue),
            Equals("step", step),
            Either((AtMost("due", to_text(now)), AtLeast("due", FIRST_MAIL))),
        )
    )


def day_has_room() -> Condition:
    """The account's day is open, below its limit, and the guard has not stopped it."""
    return All((Present("limit"), Below("used", Attribute("limit")), Absent("stopped")))


def day_has_room_for(limit: int, recipients: int) -> Condition:
    """As `day_has_room`, for a mail to several, at the limit that was read."""
    return All((Equals("limit", limit), AtMost("used", limit - recipients), Absent("stopped")))


def lane_has_room_for(
    campaign: str, recipients: int, *, cap: int, share: int, is_lane_day: bool, is_campaign_day: bool
) -> tuple[Condition, ...]:
    """What a mail to several asks of its lane beyond `lane_grants`, at the cap and share that were read.

    Without it the last mail of a day goes over the cap by its copies.
    """
    entry = ("campaigns", campaign)
    parts: list[Condition] = [Equals("cap", cap), Equals((*entry, "s"), share)]
    if is_lane_day:
        parts.append(AtMost("used", cap - recipients))
    if is_campaign_day:
        parts.append(AtMost((*entry, "u"), share - recipients))
    return tuple(parts)


def waits_as_read(lead: Lead) -> Condition:
    """The lead still waits, unclaimed, at the queue and step that were read."""
    return All(
        (
            Equals("status", "queued"),
            Absent("claim"),
            Present("due"),
            Equals("queue", lead.queue),
            Equals("step", lead.step),
        )
    )


def as_read(lead: Lead) -> Condition:
    """Status, claim, doubt and waiting are those that were read: for writes that depend on all of them."""
    return All(
        (
            Equals("status", lead.status),
            Equals(("claim", "attempt"), lead.claim.attempt) if lead.claim else Absent("claim"),
            Equals("doubt", lead.doubt) if lead.doubt else Absent("doubt"),
            Equals("due", lead.due) if lead.due else Absent("due"),
            Equals("queue", lead.queue) if lead.queue else Absent("queue"),
            Equals("step", lead.step) if lead.step else Either((Absent("step"), Equals("step", 0))),
        )
    )


def soft_as_read(lead: Lead) -> Condition:
    """The set of transient bounces has the size that was read, so that the third is counted once."""
    return SizeEquals("soft", len(lead.soft))


def is_enrollable(campaign: str, statuses: tuple[str, ...]) -> Condition:
    """The lead is free: no mail open, claimed or in doubt, and this campaign has never had it."""
    return All(
        (
            OneOf("status", statuses),
            Absent("due"),
            Absent("claim"),
            Absent("doubt"),
            Lacks("seen", campaign),
        )
    )


def is_untouched(import_id: str) -> Condition:
    """The lead is as this import stored it: no campaign has had it, nothing is open on it."""
    return All(
        (
            Equals("import_id", import_id),
            Equals("status", "new"),
            Absent("seen"),
            Absent("due"),
            Absent("claim"),
            Absent("doubt"),
        )
    )


def is_revived_and_new(import_id: str) -> Condition:
    """The lead is a tombstone that this import brought back, and nothing is open on it."""
    return All(
        (
            Equals("import_id", import_id),
            Equals("status", "new"),
            Absent("due"),
            Absent("claim"),
            Absent("doubt"),
        )
    )


def ticket_is(ticket: int) -> Condition:
    """Nobody has taken or given this turn meanwhile."""
    return Equals("ticket", ticket)


def campaign_in(sources: tuple[str, ...]) -> Condition:
    """The campaign is in one of the states from which a transition may start."""
    return OneOf("status", sources)


def rev_is(rev: int) -> Condition:
    """No edit and no transition since the campaign was read."""
    return Equals("rev", rev)


def has_entry_room(campaign: str, limit: int) -> Condition:
    """The lane has this campaign already, or room for one more."""
    return Either((Present(("campaigns", campaign)), SizeBelow("campaigns", limit)))


def guard_is_clear() -> Condition:
    """The guard has not tripped, or an operator has acknowledged it."""
    return Absent("tripped")
