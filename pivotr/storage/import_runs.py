"""Runs of an import in the `work` table: the same file with the same options has the same id.

A run that was interrupted is taken over under its own id, so that it recognises its own rows. While one is at
work, and after one is done or undone, the same file gets the next id: `{base}-2`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pivotr import names
from pivotr.domain.instants import from_text, to_text
from pivotr.domain.reports import ImportReport, ImportRun, UndoReport
from pivotr.errors import Conflict, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, ConditionFailed, Equals, Item, Path, Present, Table, Update
from pivotr.storage.work import Work

#: Days for which the account of an import is kept.
KEPT_DAYS = 400
#: A run that shows no sign of life for this long is dead; a younger one is watched for `_WATCH` seconds.
_SILENCE = timedelta(seconds=60)
_WATCH = 5
#: States after which the same file makes a new run.
_OVER = ("done", "undone")
_PREFIX = "import#"


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its import id, the token of the process that owns it, and whether it continues another."""

    id: str
    owner: str
    is_continued: bool
    #: What the run that was interrupted had counted (`Account.so_far`); empty where it had not come so far.
    so_far: Mapping[str, Any] = field(default_factory=dict)


def key_of(import_id: str) -> str:
    """Key of a run's item."""
    return f"{_PREFIX}{import_id}"


def get(table: Table, import_id: str) -> Item | None:
    """The item of a run."""
    return Work(table).get(key_of(import_id))


def every(table: Table) -> list[ImportRun]:
    """Every run, newest first. Reads the whole table: for a list only."""
    found: list[ImportRun] = []
    cursor: str | None = None
    while True:
        page = table.scan(names.WORK, limit=1000, cursor=cursor)
        found += [view(item) for item in page.items if item["key"].startswith(_PREFIX)]
        if (cursor := page.cursor) is None:
            return sorted(found, key=lambda run: run.began, reverse=True)


def is_at_work(table: Table, clock: Clock, list_name: str) -> bool:
    """True while a process puts leads on a list."""
    items = (get(table, run.import_id) for run in every(table) if run.list == list_name)
    return any(item is not None and _is_alive(table, clock, item) for item in items)


def view(item: Item) -> ImportRun:
    """The run of a stored item."""
    values = {**item, "import_id": item["key"].removeprefix(_PREFIX)}
    return ImportRun.model_validate({"began": item["at"], "rows": item.get("record", 0), **values})


def take_back(table: Table, clock: Clock, import_id: str) -> ImportRun:
    """Reserve a run for being undone, so that no other process goes on with it.

    What was interrupted while it was being undone can be undone again. Raises NotFound, Conflict.
    """
    item = get(table, import_id)
    if item is None:
        raise NotFound(f"There is no import “{import_id}”.", hint="See all with: pivotr leads import list")
    if "undone" in item:
        raise Conflict("This import was undone already.", hint="See all with: pivotr leads import list")
    if _is_alive(table, clock, item):
        raise Conflict("This import is at work.", hint="End it with Ctrl-C, then undo it.")
    change = Change(set={"state": "undone", "owner": clock.token(), "at": to_text(clock.now())})
    try:
        table.update(names.WORK, (key_of(import_id),), change, condition=Equals("owner", item["owner"]))
    except ConditionFailed:
        raise Conflict("Another process has taken this import over.", hint="Try again.") from None
    return view(item)


def taken_back(table: Table, report: UndoReport) -> None:
    """Keep what undoing came to."""
    change = Change(set={"undone": report.model_dump(mode="json")})
    table.update(names.WORK, (key_of(report.import_id),), change, condition=Equals("state", "undone"))


def next_id(table: Table, base: str) -> Run:
    """The run that would begin now, without beginning it: for a dry run."""
    number = 1
    while item := get(table, import_id := _numbered(base, number)):
        if item["state"] not in _OVER:
            return Run(import_id, "", is_continued=True)
        number += 1
    return Run(import_id, "", is_continued=False)


def begin(table: Table, clock: Clock, base: str, facts: dict[str, Any]) -> Run:
    """Begin, or take over what was interrupted."""
    number, owner = 1, clock.token()
    while True:
        import_id = _numbered(base, number)
        item = get(table, import_id)
        if item is None:
            now = clock.now()
            began = {"began": to_text(now), "at": to_text(now), "beat": 0}
            values = {**facts, **began, "state": "running", "owner": owner}
            creation = Work(table).creation(key_of(import_id), values, now=now, days=KEPT_DAYS)
            try:
                table.put(names.WORK, creation.item, condition=creation.condition)
            except ConditionFailed:
                continue
            return Run(import_id, owner, is_continued=False)
        if item["state"] in _OVER or _is_alive(table, clock, item):
            number += 1
            continue
        change = Change(set={"state": "running", "owner": owner, "at": to_text(clock.now())})
        try:
            mine = Equals("owner", item["owner"])
            item = table.update(names.WORK, (key_of(import_id),), change, condition=mine)
        except ConditionFailed:
            continue
        return Run(import_id, owner, is_continued=True, so_far=item.get("so_far") or {})


def beat(table: Table, run: Run, so_far: Mapping[str, Any], now: datetime) -> None:
    """A sign of life: what has become of the rows so far. Raises Conflict where another process took over."""
    _change(table, run, {"at": to_text(now), "record": so_far["rows"], "so_far": dict(so_far)}, beats=1)


def interrupt(table: Table, run: Run) -> None:
    """Leave the run to the next one that comes, which need not wait."""
    try:
        _change(table, run, {"state": "interrupted"})
    except Conflict:
        return


def finish(table: Table, run: Run, report: ImportReport, now: datetime) -> None:
    """The run is over; keep its account."""
    _change(table, run, {"state": "done", "at": to_text(now), "report": report.model_dump(mode="json")})


def tally(import_id: str, became: Literal["approved", "discarded"], rows: int) -> Update:
    """Count rows that waited and do no more. Refused where the run is forgotten."""
    return Update(names.WORK, (key_of(import_id),), Change(add={became: rows}), Present("key"))


def relisted(run: ImportRun, list_name: str) -> Update:
    """The list of a run has another name now."""
    return Update(
        names.WORK, (key_of(run.import_id),), Change(set={"list": list_name}), Equals("list", run.list)
    )


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"


def _is_alive(table: Table, clock: Clock, item: Item) -> bool:
    """True when somebody is at work on this run: it was heard of lately, and is heard of again now."""
    if item["state"] != "running" or clock.now() - from_text(item["at"]) > _SILENCE:
        return False
    for _ in range(_WATCH * 4):
        clock.sleep(0.25)
        fresh = table.get(names.WORK, (item["key"],), consistent=True)
        if fresh is None or fresh["state"] != "running":
            return fresh is not None and fresh["state"] == "done"
        if (fresh["beat"], fresh["owner"]) != (item["beat"], item["owner"]):
            return True
    return False


def _change(table: Table, run: Run, values: dict[Path, Any], *, beats: int = 0) -> None:
    change = Change(set=values, add={"beat": beats} if beats else {})
    try:
        table.update(names.WORK, (key_of(run.id),), change, condition=Equals("owner", run.owner))
    except ConditionFailed:
        raise Conflict(
            "Another process has taken this import over.", hint="Look at its report; nothing is lost."
        ) from None
