"""Why a lead is where it is in a campaign, and what comes next, in sentences.

Pure: what was read comes in, sentences come out. Instants are told on the clock of the campaign's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import from_compact, from_text
from pivotr.domain.lanes import Lane
from pivotr.domain.leads import Lead
from pivotr.domain.suppression import Suppression
from pivotr.domain.windows import is_open, next_open
from pivotr.domain.zones import zone_of

#: A claim that nobody has closed by then is looked at by the heartbeat, which runs every five minutes.
_OLD_CLAIM = timedelta(minutes=5)
#: How long a provider may still be working on a mail (protocol: "Settle unconfirmed").
_AGAIN = timedelta(hours=1)

#: Word of `why_left_out` → the sentence.
LEFT_OUT = {
    "suppressed": "It was left out: nobody may write to it any more.",
    "busy": "It was left out: another mail to it was still open, claimed or unconfirmed.",
    "state": "It was left out: its state is none of those that the campaign takes.",
    "filter": "It was left out: it does not pass the campaign's filters.",
    "mailed recently": "It was left out: it had been written to too recently.",
}
_ENDS = {
    "failed": "The mail was refused for good: {reason}",
    "skipped": "It was left out when its turn came: {reason}",
    "bounced": "A mail to it bounced for good. Nothing more is sent to it, by any campaign.",
    "complained": "It reported a mail as spam. Nothing more is sent to it, by any campaign.",
    "unsubscribed": "It unsubscribed. Nothing more is sent to it, by any campaign.",
    "replied": "It has answered. Nothing more is sent in this sequence.",
    "deleted": "The lead was deleted. Nothing is sent to it.",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log about the lead in this campaign."""

    at: str
    kind: str
    step: int
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`why` tells the present, `next` what happens and when; `about` is when its next mail may leave."""

    campaign: str
    lead: str
    email: str
    status: str
    why: tuple[str, ...]
    next: tuple[str, ...]
    about: datetime | None
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that was read. `ahead` counts the mails of this campaign and mailbox that come before this one."""

    campaign: Campaign
    lead: Lead
    lane: Lane | None
    sender: str
    now: datetime
    suppression: Suppression | None = None
    is_member: bool = False
    left_out: str = ""
    ahead: int = 0
    about: datetime | None = None
    guard: str = ""
    entries: Sequence[Mapping[str, object]] = ()


def explain(facts: Facts) -> Explanation:
    """The explanation of what was read."""
    lead = facts.lead
    why, coming = _story(facts)
    if facts.suppression is not None:
        said = f"Its address is suppressed since {_when(facts, facts.suppression.at)}"
        why.append(f"{said}: {facts.suppression.reason}.")
    events = tuple(
        Event(
            str(entry["at"]),
            str(entry["kind"]),
            int(str(entry.get("step", 0))),
            str(entry.get("reason", "") or entry.get("detail", "")),
        )
        for entry in facts.entries
    )
    if any(event.kind == "settled" and event.reason == "again" for event in events):
        count = sum(event.kind in ("sent", "delivered") and event.step == lead.step for event in events)
        why.append(
            "An operator had a mail of unknown fate tried again"
            + (": it may have arrived twice." if count > 1 else ".")
        )
    return Explanation(
        campaign=facts.campaign.id,
        lead=lead.id,
        email=lead.email,
        status=lead.status,
        why=tuple(why),
        next=tuple(coming),
        about=facts.about,
        events=events,
    )


def _story(facts: Facts) -> tuple[list[str], list[str]]:
    lead, campaign = facts.lead, facts.campaign
    if campaign.id not in lead.seen:
        return _never_enrolled(facts)
    if lead.campaign != campaign.id:
        return [f"This campaign is done with it; campaign {lead.campaign} enrolled it later."], []
    if lead.claim is not None:
        return _claimed(facts)
    if lead.doubt:
        return _in_doubt(facts, lead.doubt)
    if lead.is_waiting:
        return _waiting(facts)
    return _ended(facts)


def _ended(facts: Facts) -> tuple[list[str], list[str]]:
    lead = facts.lead
    if lead.status == "sent":
        at = f" {_when(facts, lead.mailed_at)}" if lead.mailed_at else ""
        return [f"Mail {lead.step} was accepted by the provider{at}, from {facts.sender}."], [
            "Its sequence is over: nothing more is sent to it by this campaign."
        ]
    if lead.status in _ENDS:
        return [_ENDS[lead.status].format(reason=lead.reason or "no reason is known")], []
    return [f"It was given back to its earlier state: {lead.reason or 'taken out or aborted'}."], []


def _never_enrolled(facts: Facts) -> tuple[list[str], list[str]]:
    campaign = facts.campaign
    if not facts.is_member:
        lists = ", ".join(campaign.lists)
        return [f"It is on none of the campaign's lists ({lists}), so it was never enrolled."], []
    if facts.left_out:
        return [LEFT_OUT.get(facts.left_out, f"It was left out: {facts.left_out}.")], []
    if campaign.status == "draft":
        return ["The campaign has not been started."], [
            f"Start it and it is enrolled: pivotr campaign start {campaign.id}"
        ]
    if not campaign.enrol.done:
        return ["The enrolment has not reached it yet."], ["It is enrolled by one of the next heartbeats."]
    return ["It joined the list, or became free, after the enrolment had passed it."], [
        f"Enrol who has come since: pivotr campaign add {campaign.id}"
    ]


def _claimed(facts: Facts) -> tuple[list[str], list[str]]:
    assert facts.lead.claim is not None
    since = from_compact(facts.lead.claim.attempt.partition("-")[0])
    why = [f"Mail {facts.lead.step} is being sent right now: claimed {_when(facts, since)}."]
    if facts.lead.status != "queued":
        why.append(f"Meanwhile the lead became {facts.lead.status}, which stays.")
    return why, [
        f"Unless its end is recorded before, the heartbeat closes the claim after "
        f"{_when(facts, since + _OLD_CLAIM)}: as sent where the provider has said so, else as unconfirmed."
    ]


def _in_doubt(facts: Facts, attempt: str) -> tuple[list[str], list[str]]:
    since = from_compact(attempt.partition("-")[0])
    who = facts.lead.email or facts.lead.id
    settle = f"pivotr campaign settle {facts.campaign.id} {who} --as"
    coming = [
        "A delivery, bounce or complaint that carries the tags of this mail settles it by itself.",
        f"An operator who knows can say so: {settle} sent, or {settle} failed",
    ]
    if facts.lead.status == "unconfirmed":
        coming.append(
            f"Trying again risks a second mail; it is possible from {_when(facts, since + _AGAIN)} on, "
            f"while the campaign runs: {settle} again"
        )
    return [
        f"Nobody knows whether mail {facts.lead.step}, tried {_when(facts, since)}, went out: "
        f"{facts.lead.reason or 'no answer came'}.",
        "It is never sent again by a guess.",
    ], coming


def _waiting(facts: Facts) -> tuple[list[str], list[str]]:
    lead, campaign = facts.lead, facts.campaign
    due = lead.due or ""
    coming: list[str] = []
    if due.startswith("~~"):
        until = from_text(due[2:])
        why = [f"Its first mail is put off until {_when(facts, until)}: {_soft_rule(facts)}"]
    elif due.startswith("~"):
        why = [f"It waits for its first mail, from {facts.sender}; {_mails(facts.ahead)} before it."]
    else:
        why = [f"It waits for mail {lead.step}, which is due {_when(facts, due)}, from {facts.sender}."]
        if lead.step > len(campaign.steps):
            coming.append("That step was cut from the campaign: its sequence ends at its turn.")
        elif from_text(due) <= facts.now:
            why.append(f"It is due; {_mails(facts.ahead)} before it.")
    blocked = _blocked(facts)
    if blocked:
        return why, [*coming, *blocked]
    coming.append(_lane_words(facts))
    if facts.about is not None:
        coming.append(f"Its mail is expected {_when(facts, facts.about)} if nothing changes.")
    if not lead.verified_at:
        coming.append("Just before, its address is checked; one that cannot be mailed is left out.")
    return why, coming


def _soft_rule(facts: Facts) -> str:
    campaign, lead = facts.campaign, facts.lead
    if lead.tries:
        return "its address could not be judged yet and is looked at again."
    days = campaign.not_mailed_within_days
    if days and lead.mailed_at:
        return f"it was written to {_when(facts, lead.mailed_at)}, less than {days} days ago."
    return f"at most {campaign.domain_cap} mails a day go to {lead.domain}."


def _blocked(facts: Facts) -> list[str]:
    """Why nothing goes out for this lead until a person acts."""
    campaign, lane = facts.campaign, facts.lane
    blocked = ""
    if facts.guard:
        blocked = f"The guard has stopped everything: {facts.guard.rstrip('.')}."
        blocked += f" When the cause is mended: pivotr campaign resume {campaign.id} --acknowledge"
    elif campaign.status == "paused":
        reason = f" ({campaign.reason})" if campaign.reason else ""
        blocked = f"The campaign is paused{reason}. {campaign.way_on}"
    elif campaign.status == "aborted":
        blocked = "The campaign was aborted: the next heartbeat gives the lead back."
    elif lane is None:
        blocked = "Its sender does not exist any more."
    elif lane.stopped:
        blocked = f"Its sender {facts.sender} is stopped: {lane.stopped.rstrip('.')}."
        blocked += f" When that is mended: pivotr sender resume {facts.sender} --acknowledge"
    elif not lane.open:
        blocked = f"Its sender {facts.sender} is paused. Open it: pivotr sender resume {facts.sender}"
    return [blocked] if blocked else []


def _lane_words(facts: Facts) -> str:
    """What the mailbox waits for before its next turn."""
    lane, campaign = facts.lane, facts.campaign
    assert lane is not None
    at = max(from_text(lane.due_at), facts.now) if lane.due_at else facts.now
    when = _when(facts, at)
    entry = lane.campaigns.get(campaign.id)
    opening = next_open(campaign.window, at)
    if opening is None:
        return "The campaign's window never opens again."
    if not is_open(campaign.window, at):
        when = _when(facts, opening)
    today = facts.now.astimezone(zone_of(campaign.zone)).date().isoformat()
    if entry and not entry.has_room(today, facts.lane.copies if facts.lane else 0):
        return f"The campaign's share of this mailbox is used up today; it goes on {when}."
    said = {
        "gap": f"The mailbox keeps its pace: its next turn is {when}.",
        "window": f"The sending window is shut; it opens {when}.",
        "cap": f"The mailbox or the account has used up its day; it goes on {when}.",
        "idle": f"The mailbox had nobody to write to; it looks again {when}.",
        "backoff": f"The provider or the verifier did not answer; the mailbox tries again {when}.",
    }
    return said[lane.why]


def _mails(count: int) -> str:
    if not count:
        return "no other of this campaign and mailbox comes"
    return "one other comes" if count == 1 else f"{count:,} others come"


def _when(facts: Facts, at: datetime | str) -> str:
    """`now`, `today 09:31` or `Tue 24 Nov 2026 09:31`, with the zone."""
    if not at:
        return "at an unknown time"
    instant = from_text(at) if isinstance(at, str) else at
    zone = zone_of(facts.campaign.zone)
    local, here = instant.astimezone(zone), facts.now.astimezone(zone)
    if instant == facts.now:
        return "now"
    day = "today" if local.date() == here.date() else f"on {local:%a} {local.day} {local:%b %Y} at"
    return f"{day} {local:%H:%M} ({facts.campaign.zone})"
