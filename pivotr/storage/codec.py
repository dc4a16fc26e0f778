"""Stored items ↔ domain values. Reads the present and all older schema versions; unknown attributes survive,
because every later write changes named attributes only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pivotr.domain.campaigns import Campaign
from pivotr.domain.intake import NewLead, Origin
from pivotr.domain.lanes import Entry, Lane, LaneRamp
from pivotr.domain.leads import Lead
from pivotr.errors import Misconfigured
from pivotr.ports.table import Item
from pivotr.storage.schema import SCHEMA_VERSION


def check_version(item: Item) -> Item:
    """The item, unless a newer Pivotr wrote it in a form that this one cannot read. Raises Misconfigured."""
    if int(item.get("v", 1)) > SCHEMA_VERSION:
        raise Misconfigured(
            f"This record has the form {item['v']}; this Pivotr reads up to {SCHEMA_VERSION}.",
            hint="Upgrade Pivotr to the version that wrote it.",
        )
    return item


def lead_from(item: Item) -> Lead:
    """The lead of a stored item."""
    return Lead.model_validate(check_version(item))


def lead_item(lead: Lead) -> Item:
    """A new lead as an item; empty attributes are left out, so that sparse indexes stay sparse."""
    values = lead.model_dump(exclude_none=True)
    kept = {name: value for name, value in values.items() if value not in ("", frozenset(), {})}
    return {**kept, "status": lead.status, "v": SCHEMA_VERSION}


#: What a lead that arrives has of its own, where it has it.
_OWN = ("full_name", "first_name", "company", "fields", "flags", "line", "corrected")


def new_lead_items(leads: Iterable[NewLead]) -> list[Item]:
    """Leads that arrive, as items of the same form; what they share is worked out once."""
    items: list[Item] = []
    origin: Origin | None = None
    shared: Item = {}
    for lead in leads:
        if lead.origin is not origin:
            origin = lead.origin
            shared = _origin_facts(origin)
        item: Item = {
            "id": lead.id,
            "email": lead.email,
            "domain": lead.domain,
            "created_at": lead.created_at,
        }
        item |= shared
        for name in _OWN:
            if value := getattr(lead, name):
                item[name] = value
        items.append(item)
    return items


def _origin_facts(origin: Origin) -> Item:
    facts = {
        "type": origin.type,
        "tags": origin.tags,
        "source": origin.source,
        "basis": origin.basis,
        "import_id": origin.import_id,
    }
    return {**{name: value for name, value in facts.items() if value}, "status": "new", "v": SCHEMA_VERSION}


def campaign_from(item: Item) -> Campaign:
    """The campaign of a stored item."""
    return Campaign.model_validate(check_version(item))


def campaign_item(campaign: Campaign) -> Item:
    """A new campaign as an item."""
    return {**campaign.model_dump(mode="json"), "v": SCHEMA_VERSION}


# One-letter names keep a lane with sixteen campaigns under 1 KB, so that a claim costs 2 write units, not 4.
ENTRY_NAMES = {
    "open": "o",
    "share": "s",
    "used": "u",
    "day": "d",
    "turn": "t",
    "idle_until": "i",
    "left": "l",
}


def entry_from(stored: Mapping[str, Any]) -> Entry:
    """One campaign's entry of a lane."""
    return Entry(**{name: stored[short] for name, short in ENTRY_NAMES.items() if short in stored})


def entry_item(entry: Entry) -> dict[str, Any]:
    """An entry as stored; empty attributes are left out."""
    return {
        short: value
        for name, short in ENTRY_NAMES.items()
        if (value := getattr(entry, name)) not in ("", None)
    }


def lane_from(item: Item) -> Lane:
    """The lane of a stored item."""
    check_version(item)
    ramp = item.get("ramp")
    return Lane(
        id=item["id"],
        ticket=item["ticket"],
        due_at=item.get("due_at", ""),
        why=item.get("why", "gap"),
        day=item.get("day", ""),
        used=item.get("used", 0),
        cap=item.get("cap", 0),
        ramp=LaneRamp(ramp["n"], ramp["start"], ramp["step"], ramp["max"]) if ramp else None,
        week=tuple(item.get("week", ())),
        last_sent_at=item.get("last_sent_at", ""),
        nudged_at=item.get("nudged_at", ""),
        open=item.get("open", True),
        stopped=item.get("stopped", ""),
        zone=item.get("zone", "UTC"),
        copies=item.get("copies", 0),
        memo=item.get("memo", 0),
        campaigns={campaign: entry_from(entry) for campaign, entry in item.get("campaigns", {}).items()},
    )


def ramp_item(ramp: LaneRamp) -> dict[str, int]:
    """A ramp as stored on the lane."""
    return {"n": ramp.number, "start": ramp.start, "step": ramp.step, "max": ramp.maximum}
