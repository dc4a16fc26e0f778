"""Senders: the mailboxes that mails are sent from."""

from __future__ import annotations

from typing import Any

from pivotr import names
from pivotr.api.calls import actor, check_match, services
from pivotr.api.models.mail import SenderChange, SenderNew, SenderResume
from pivotr.api.paging import Cursor, Limit, page, part
from pivotr.api.rendering import Answer, answer
from pivotr.api.routing import JSON, Noun
from pivotr.domain.instants import local_day
from pivotr.domain.lanes import Lane
from pivotr.domain.pacing import format_gap, format_ramp, parse_gap, parse_ramp
from pivotr.domain.senders import Sender
from pivotr.domain.zones import zone_named
from pivotr.errors import InvalidInput

noun = Noun("senders", names.API_CAMPAIGNS)


@noun.route("GET", "/api/senders", role="viewer", answer="[Sender]")
def list_senders(limit: Limit = 50, cursor: Cursor = "") -> Answer:
    """All mailboxes and what each is doing, page by page."""
    some, more = part(
        services().senders.all(), lambda pair: pair[0].id, limit=limit, cursor=cursor, query="senders"
    )
    return answer(page([sender_data(*pair) for pair in some], more, "senders"))


@noun.route(
    "POST", "/api/senders", role="operator", status=201, answer="Sender", errors=(409,), media=(JSON,),
    is_repeatable=True, has_tag=True,
)  # fmt: skip
def create_sender(sender: SenderNew) -> Answer:
    """Add a mailbox."""
    made = services().senders.add(
        sender.address,
        name=sender.name,
        reply_to=sender.reply_to,
        signature=sender.signature,
        zone=zone_named(sender.zone) if sender.zone else "",
        cap=sender.cap,
        ramp=parse_ramp(sender.ramp) if sender.ramp else None,
        gap=parse_gap(sender.gap) if sender.gap else None,
    )
    return _found(made.id, status=201)


@noun.route("GET", "/api/senders/{id}", role="viewer", answer="Sender", errors=(404,), has_tag=True)
def read_sender(id: str) -> Answer:  # noqa: A002
    """One mailbox by address or id."""
    return _found(id)


@noun.route(
    "PUT", "/api/senders/{id}", role="operator", answer="Sender", errors=(404, 409), media=(JSON,),
    needs_match=True,
)  # fmt: skip
def update_sender(id: str, change: SenderChange) -> Answer:  # noqa: A002
    """Change a mailbox. Its address stays for ever."""
    old, _ = services().senders.find(id)
    check_match(_tag(old))
    changes: dict[str, Any] = change.model_dump(exclude_none=True)
    if not changes:
        raise InvalidInput("Nothing to change was given.", hint='For example: {"cap": 120}')
    if change.ramp is not None:
        changes["ramp"] = parse_ramp(change.ramp)
    if change.gap is not None:
        changes["gap"] = None if change.gap.strip().lower() == "none" else parse_gap(change.gap)
    services().senders.update(old.id, revision=old.rev, **changes)
    return _found(old.id)


@noun.route(
    "POST", "/api/senders/{id}/pause", role="operator", answer="Sender", errors=(404, 409), has_tag=True
)
def pause_sender(id: str) -> Answer:  # noqa: A002
    """Send nothing more from a mailbox, for any campaign; its leads wait."""
    return _found(services().senders.pause(id).id)


@noun.route(
    "POST", "/api/senders/{id}/resume", role="operator", answer="Sender", errors=(404, 409), media=(JSON,),
    has_tag=True,
)  # fmt: skip
def resume_sender(id: str, resume: SenderResume) -> Answer:  # noqa: A002
    """Send from a mailbox again."""
    return _found(services().senders.resume(id, actor=actor(), acknowledge=resume.acknowledge).id)


def sender_data(sender: Sender, lane: Lane) -> dict[str, Any]:
    """A mailbox as it goes out."""
    today = local_day(services().ports.clock.now(), lane.zone)
    kept = ("id", "address", "name", "reply_to", "signature", "zone", "cap", "created_at")
    return {
        **{name: getattr(sender, name) for name in kept},
        "ramp": format_ramp(sender.ramp) if sender.ramp else None,
        "gap": format_gap(sender.gap) if sender.gap else None,
        "used_today": lane.used if lane.day == today else 0,
        "cap_today": lane.cap_on(today),
        "waits_for": lane.why,
        "next_at": lane.due_at,
        "open": lane.open,
        "stopped": lane.stopped,
        "campaigns": sorted(key for key, entry in lane.campaigns.items() if entry.open),
    }


def _found(key: str, *, status: int = 200) -> Answer:
    sender, lane = services().senders.find(key)
    place = f"/api/senders/{sender.id}" if status == 201 else ""
    return answer(sender_data(sender, lane), status=status, tag=_tag(sender), location=place)


def _tag(sender: Sender) -> str:
    return f'"{sender.rev}"'
