"""Leads: reads by key and index, and the writes that the engine puts into its transactions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.instants import from_text, to_text
from pivotr.domain.leads import Claim, Lead, LeadStatus, lead_id
from pivotr.errors import NotFound
from pivotr.ports.table import Between, Change, Condition, Equals, Item, Page, Path, Table, Update
from pivotr.storage import conditions
from pivotr.storage.codec import lead_from
from pivotr.storage.schema import DOMAIN_INDEX, QUEUE_INDEX, STATUS_INDEX, queue_key


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of `queue-index`: may be stale, so the lead is read before anything is done."""

    id: str
    due: str
    email: str


def first_mail_due(position: int) -> str:
    """`due` of a first mail: its place in the enrolment. Sorts behind every follow-up."""
    return f"~{position:012d}"


def put_off_due(until: datetime) -> str:
    """`due` of a first mail that a soft rule has put off. Sorts behind every other first mail."""
    return f"~~{to_text(until)}"


def due_at(due: str) -> datetime | None:
    """The instant that a `due` names: of follow-ups and of what was put off; None for a first mail."""
    text = due.removeprefix("~~")
    return None if text.startswith("~") else from_text(text)


def is_put_off(due: str, now: datetime) -> bool:
    """True for a first mail that may not go out yet."""
    return due.startswith("~~") and due[2:] > to_text(now)


def update(lead: str, condition: Condition, *, remove: tuple[Path, ...] = (), **values: Any) -> Update:
    """Set and remove attributes of a lead under a condition; a value of None removes."""
    gone = tuple(name for name, value in values.items() if value is None)
    kept: dict[Path, Any] = {name: value for name, value in values.items() if value is not None}
    return Update(names.LEADS, (lead,), Change(set=kept, remove=(*remove, *gone)), condition)


def waits_and_due_as_read(lead: Lead) -> Condition:
    """The lead waits as read, at the very instant that was read."""
    return conditions.both(conditions.waits_as_read(lead), Equals("due", lead.due or ""))


def claim(
    lead: str, queue: str, step: int, *, now: datetime, claim: Claim, verdict: dict[str, Any]
) -> Update:
    """Take the lead for one mail. `due` stays, so that a dead claim is found at the head of the queue."""
    condition = conditions.lead_is_claimable(queue, step, now=now)
    return update(lead, condition, claim=claim.model_dump(exclude_defaults=True), **verdict)


def enrol(lead: Lead, campaign: str, sender: str, position: int, statuses: tuple[str, ...]) -> Update:
    """Make a free lead wait for its first mail from one sender."""
    change = Change(
        set={
            "status": "queued",
            "before": lead.status,
            "queue": queue_key(campaign, sender),
            "step": 1,
            "due": first_mail_due(position),
        },
        include={"seen": frozenset({campaign})},
        remove=("reason", "tries"),
    )
    return Update(names.LEADS, (lead.id,), change, conditions.is_enrollable(campaign, statuses))


def end(lead: Lead, status: LeadStatus, *, reason: str = "", **values: Any) -> Update:
    """Take a waiting, unclaimed lead out of the queue into a final state."""
    facts = {**values, "reason": reason or None}
    return update(lead.id, conditions.waits_as_read(lead), remove=("due",), status=status, **facts)


def verdict_values(lead: Lead) -> dict[str, Any]:
    """The verdict of a lead as attributes; nothing where there is none."""
    if not lead.verified_at:
        return {}
    return {
        "verdict": lead.verdict,
        "verdict_flags": lead.verdict_flags or None,
        "verified_at": lead.verified_at,
    }


class Leads:
    """Reads and the bulk insert."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, lead: str, *, consistent: bool = False) -> Lead | None:
        """One lead by id, tombstones included."""
        item = self._table.get(names.LEADS, (lead,), consistent=consistent)
        return lead_from(item) if item else None

    def named(self, key: bytes, text: str) -> Lead:
        """The lead with an address (in any spelling) or id; `key` is the secret of ids. Raises NotFound."""
        plain = text.strip()
        identity = lead_id(key, judge(plain).normalized or plain.lower()) if "@" in plain else plain
        found = self.get(identity)
        if found is None or found.status == "deleted":
            raise NotFound(f"There is no lead “{text}”.", hint="See all with: pivotr leads list")
        return found

    def get_many(self, leads: Sequence[str], *, consistent: bool = False) -> list[Lead | None]:
        """Up to 100 leads by id."""
        keys = [(names.LEADS, (lead,)) for lead in leads]
        return [
            lead_from(item) if item else None for item in self._table.get_many(keys, consistent=consistent)
        ]

    def claimed(self, leads: Iterable[str]) -> list[Lead]:
        """Those of up to 100 leads that are claimed, read consistently."""
        keys = [(names.LEADS, (lead,)) for lead in leads]
        items = self._table.get_many(keys, consistent=True) if keys else []
        return [lead_from(item) for item in items if item and "claim" in item]

    def insert_many(self, items: Sequence[Item]) -> list[bool]:
        """Insert new leads; False where the id exists already, tombstones included."""
        return self._table.insert_many(names.LEADS, items)

    def waiting(
        self, queue: str, between: Between, *, limit: int = 10, cursor: str | None = None
    ) -> tuple[list[Waiting], str | None]:
        """Rows of one queue in the order of their turn, and the cursor of the next page."""
        page = self._table.query(
            names.LEADS, queue, index=QUEUE_INDEX, between=between, limit=limit, cursor=cursor
        )
        rows = [Waiting(item["id"], item["due"], item.get("email", "")) for item in page.items]
        return rows, page.cursor

    def open_in(self, queue: str) -> Iterator[Waiting]:
        """Every lead of a queue that is open: waiting or claimed."""
        cursor: str | None = None
        while True:
            rows, cursor = self.waiting(queue, Between(), limit=100, cursor=cursor)
            yield from rows
            if cursor is None:
                return

    def with_status(self, status: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of leads in a state, oldest first; full items."""
        return self._full(
            self._table.query(names.LEADS, status, index=STATUS_INDEX, limit=limit, cursor=cursor)
        )

    def new_since(self, since: str) -> Iterator[str]:
        """Ids of the leads that are new and were stored at an instant or later."""
        cursor: str | None = None
        while True:
            page = self._table.query(
                names.LEADS, "new", index=STATUS_INDEX, between=Between(since), cursor=cursor
            )
            yield from (item["id"] for item in page.items)
            if (cursor := page.cursor) is None:
                return

    def at_domain(self, domain: str, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of the leads of a recipient domain; full items."""
        return self._full(
            self._table.query(names.LEADS, domain, index=DOMAIN_INDEX, limit=limit, cursor=cursor)
        )

    def all(self, *, limit: int = 100, cursor: str | None = None) -> Page:
        """One page of all leads, for lists and exports only."""
        return self._table.scan(names.LEADS, limit=limit, cursor=cursor)

    def _full(self, page: Page) -> Page:
        keys = [(names.LEADS, (item["id"],)) for item in page.items]
        items = self._table.get_many(keys) if keys else []
        return Page([item for item in items if item], page.cursor)
