"""Runs of an import in the `work` table: the same file with the same options has the same id.

A run that was interrupted is taken over under its own id, so that it recognises its own rows. While one is at
work, and after one is done, the same file gets the next id: `{base}-2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pivotr import names
from pivotr.domain.instants import from_text, to_text
from pivotr.domain.reports import ImportReport
from pivotr.errors import Conflict
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, ConditionFailed, Equals, Item, Path, Table
from pivotr.storage.work import Work

#: Days for which the account of an import is kept.
KEPT_DAYS = 400
#: A run that shows no sign of life for this long is dead; a younger one is watched for `_WATCH` seconds.
_SILENCE = timedelta(seconds=60)
_WATCH = 5


@dataclass(frozen=True, slots=True)
class Run:
    """One run: its import id, the token of the process that owns it, and whether it continues another."""

    id: str
    owner: str
    is_continued: bool


def key_of(import_id: str) -> str:
    """Key of a run's item."""
    return f"import#{import_id}"


def get(table: Table, import_id: str) -> Item | None:
    """The item of a run."""
    return Work(table).get(key_of(import_id))


def next_id(table: Table, base: str) -> Run:
    """The run that would begin now, without beginning it: for a dry run."""
    number = 1
    while item := get(table, import_id := _numbered(base, number)):
        if item["state"] != "done":
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
            values = {**facts, "state": "running", "owner": owner, "beat": 0, "at": to_text(now)}
            creation = Work(table).creation(key_of(import_id), values, now=now, days=KEPT_DAYS)
            try:
                table.put(names.WORK, creation.item, condition=creation.condition)
            except ConditionFailed:
                continue
            return Run(import_id, owner, is_continued=False)
        if item["state"] == "done" or (item["state"] == "running" and _is_alive(table, clock, item)):
            number += 1
            continue
        change = Change(set={"state": "running", "owner": owner, "at": to_text(clock.now())})
        try:
            table.update(names.WORK, (key_of(import_id),), change, condition=Equals("owner", item["owner"]))
        except ConditionFailed:
            continue
        return Run(import_id, owner, is_continued=True)


def beat(table: Table, run: Run, record: int, now: datetime) -> None:
    """A sign of life: how many rows are done. Raises Conflict where another process has taken over."""
    _change(table, run, {"at": to_text(now), "record": record}, beats=1)


def interrupt(table: Table, run: Run) -> None:
    """Leave the run to the next one that comes, which need not wait."""
    try:
        _change(table, run, {"state": "interrupted"})
    except Conflict:
        return


def finish(table: Table, run: Run, report: ImportReport, now: datetime) -> None:
    """The run is over; keep its account."""
    _change(table, run, {"state": "done", "at": to_text(now), "report": report.model_dump(mode="json")})


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}-{number}"


def _is_alive(table: Table, clock: Clock, item: Item) -> bool:
    """True when somebody is at work on this run: it was heard of lately, and is heard of again now."""
    if clock.now() - from_text(item["at"]) > _SILENCE:
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
