"""Leads that are known already: a deleted one comes back, a living one gets fresher data.

Neither changes what the sending engine needs to know: where the lead waits, and which campaigns have had it.
"""

from __future__ import annotations

from typing import Any

from pivotr import names
from pivotr.domain.intake import NewLead
from pivotr.domain.leads import Lead
from pivotr.ports.table import Absent, All, Change, Condition, Equals, Lacks, OneOf, Path, Present, Update
from pivotr.storage.codec import new_lead_items

#: What a deletion takes away: everything that says who the lead is. `seen` and what is still open stay.
PERSONAL: tuple[Path, ...] = (
    "email", "domain", "full_name", "first_name", "company", "fields", "corrected", "type", "tags", "source",
    "basis", "import_id", "line", "flags", "verdict", "verdict_flags", "verified_at", "tries", "thread",
    "renewed_by",
)  # fmt: skip
#: What an import may refresh.
_REFRESHABLE = ("full_name", "first_name", "company")
#: Attributes of a new lead that must not replace what the tombstone keeps.
_KEPT = ("id", "seen", "v")


def revival(lead: NewLead) -> Update:
    """Make a tombstone a new lead again. It keeps `seen`: no campaign gets the person a second time."""
    (item,) = new_lead_items([lead])
    values: dict[Path, Any] = {
        name: value for name, value in item.items() if name not in (*_KEPT, "created_at")
    }
    change = Change(set=values, remove=("reason", "before"))
    return Update(names.LEADS, (lead.id,), change, Equals("status", "deleted"))


def refreshment(stored: Lead, fresh: NewLead, mark: str) -> Update:
    """Take over the names, company and fields of a newer import, except what an operator corrected.

    Empty cells take nothing away. `mark` names import and line, so that a repeated run knows its own work.
    Refused where the lead was deleted or corrected since it was read.
    """
    values: dict[Path, Any] = {"renewed_by": mark}
    remove: list[Path] = []
    guards: list[Condition] = [OneOf("status", _LIVING)]
    for name in _REFRESHABLE:
        value = getattr(fresh, name)
        if name in stored.corrected:
            continue
        if value:
            values[name] = value
        elif name == "first_name" and fresh.full_name and "full_name" not in stored.corrected:
            # another name without a safe greeting: the old greeting may be somebody else's
            remove.append(name)
        guards.append(Lacks("corrected", name))
    fields = {name: value for name, value in fresh.fields.items() if field_mark(name) not in stored.corrected}
    guards += [Lacks("corrected", field_mark(name)) for name in fields]
    if fields and stored.fields:
        values |= {("fields", name): value for name, value in fields.items()}
        guards.append(Present("fields"))
    elif fields:
        values["fields"] = fields
        guards.append(Absent("fields"))
    change = Change(set=values, remove=tuple(remove))
    return Update(names.LEADS, (stored.id,), change, All(tuple(guards)))


def field_mark(name: str) -> str:
    """How a corrected custom field is named in a lead's set of corrections."""
    return f"fields.{name}"


_LIVING = (
    "new", "queued", "sent", "failed", "skipped", "unconfirmed", "replied", "unsubscribed", "bounced",
    "complained",
)  # fmt: skip
