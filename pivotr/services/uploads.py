"""Lead files that are imported in the background: too large for one request, or for one call of a function.

An upload is an item of `work`: the options of the import, who wants it, and how far it is. A function works
on it until its time is nearly up and calls itself again; rows are counted on from where it stopped.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final, Literal, Protocol

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.domain.intake import ImportOptions, checked
from pivotr.domain.reports import ImportReport, UploadRun
from pivotr.errors import Misconfigured, NotFound, PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.files import Files, UploadForm
from pivotr.ports.queues import Queues
from pivotr.ports.table import All, AtMost, Change, ConditionFailed, Item, OneOf, Path, Table
from pivotr.storage.work import Work

#: Largest file: the function has 512 MB for it, and a workbook unpacks to many times its size.
LARGEST_BYTES: Final = 50 * 1024 * 1024
#: Seconds for which a form can be used.
FORM_SECONDS: Final = 900
#: A request is answered within 30 s by the gateway; a background run ends by 60 % of its function's time-out,
#: or the alarm about slow functions would sound at every import.
REQUEST_SECONDS: Final = 20.0
BACKGROUND_SECONDS: Final = 36.0
#: Nobody else takes an upload up while its function may still be at work on it.
_LEASE: Final = timedelta(seconds=names.LEAD_IMPORT.timeout + 30)
_KEPT_DAYS: Final = 30
_LONGEST_NAME: Final = 200

End = Literal["done", "continues", "failed", "ignored"]


class Run(Protocol):
    """`Imports.run`."""

    def __call__(
        self,
        file: Any,
        name: str,
        options: ImportOptions,
        *,
        is_dry_run: bool = ...,
        actor: str = ...,
        is_time_up: Callable[[], bool] = ...,
    ) -> ImportReport:
        """Import a file."""
        ...


def key_of(upload: str) -> str:
    """Where the file of an upload lies."""
    return f"imports/{upload}"


class Uploads:
    """Imports in the background. `files` is None where there is no place for files: on this machine."""

    def __init__(
        self, *, table: Table, queues: Queues, clock: Clock, files: Callable[[], Files | None], run: Run
    ) -> None:
        self._table = table
        self._queues = queues
        self._clock = clock
        self._files = files
        self._run = run

    def at_once(
        self,
        data: bytes,
        name: str,
        options: ImportOptions,
        *,
        is_dry_run: bool = False,
        actor: str = "",
    ) -> tuple[ImportReport, str]:
        """Import a small file now; what 20 s are not enough for goes on in the background.

        Returns the report and the upload that goes on, "" where nothing is left to do. Without a place for
        files the report stays unfinished: the same file again goes on from there. Raises as `Imports.run`.
        """
        report = self._run(
            io.BytesIO(data),
            name,
            options,
            is_dry_run=is_dry_run,
            actor=actor,
            is_time_up=self._limit(REQUEST_SECONDS),
        )
        files = self._files()
        if not report.is_unfinished or is_dry_run or files is None:
            return report, ""
        upload = self._note(name, options, actor)
        files.put(key_of(upload), data)
        self.start(upload)
        return report, upload

    def begin(self, name: str, options: ImportOptions, *, actor: str = "") -> tuple[str, UploadForm]:
        """Make room for a file of up to 50 MB: the id of the upload and the form that takes the file.

        Once the file is there, `start` it. Raises InvalidInput, Misconfigured.
        """
        files = self._place()
        upload = self._note(name, checked(options), actor)
        form = files.form(key_of(upload), largest_bytes=LARGEST_BYTES, expires_seconds=FORM_SECONDS)
        return upload, form

    def start(self, upload: str) -> None:
        """Have the function begin with an upload, or go on with it. Raises NotFound."""
        self._item(upload)
        self._queues.invoke(names.LEAD_IMPORT.name, json.dumps({"upload": upload}))

    def get(self, upload: str) -> UploadRun:
        """How far an upload is. Raises NotFound."""
        item = self._item(upload)
        return UploadRun.model_validate({**item, "upload": upload})

    def go_on(self, upload: str) -> End:
        """Import until the file or the time ends; what is left is handed to the next call of the function.

        A file or options that cannot be used end the upload with the reason. Raises NotFound, and what is
        worth another try: Lambda calls again by itself then.
        """
        item = self._item(upload)
        if not self._take(upload):
            return "ignored"
        try:
            report = self._import(upload, item)
        except PivotrError as error:
            if error.retryable or isinstance(error, NotFound):
                self._change(upload, {"state": "waiting", "leased_until": ""})
                raise
            self._change(upload, {"state": "failed", "reason": f"{error.sentence} {error.hint}".strip()})
            return "failed"
        known: dict[Path, Any] = {"import_id": report.import_id, "rows": report.rows}
        if report.is_unfinished:
            self._change(upload, {**known, "state": "waiting", "leased_until": ""})
            self.start(upload)
            return "continues"
        self._change(upload, {**known, "state": "done"})
        return "done"

    def _import(self, upload: str, item: Item) -> ImportReport:
        said = dict(item["options"])
        options = ImportOptions(**{**said, "tags": tuple(said["tags"])})
        with tempfile.TemporaryFile() as file:
            self._place().fetch(key_of(upload), file)
            return self._run(
                file,
                item["file"],
                options,
                actor=item["actor"],
                is_time_up=self._limit(BACKGROUND_SECONDS),
            )

    def _limit(self, seconds: float) -> Callable[[], bool]:
        """True once another chunk of rows, as slow as the slowest so far, would not end in time."""
        started = last = self._clock.now()
        slowest = 0.0

        def is_time_up() -> bool:
            nonlocal last, slowest
            now = self._clock.now()
            slowest, last = max(slowest, (now - last).total_seconds()), now
            return (now - started).total_seconds() + slowest > seconds

        return is_time_up

    def _note(self, name: str, options: ImportOptions, actor: str) -> str:
        upload = self._clock.token()
        now = self._clock.now()
        said = {**asdict(options), "tags": list(options.tags), "mapping": dict(options.mapping)}
        facts = {"file": name[:_LONGEST_NAME], "options": said, "actor": actor, "at": to_text(now)}
        Work(self._table).save(
            _item_key(upload), {**facts, "state": "waiting", "leased_until": ""}, now=now, days=_KEPT_DAYS
        )
        return upload

    def _take(self, upload: str) -> bool:
        now = self._clock.now()
        free = All((OneOf("state", ("waiting", "importing")), AtMost("leased_until", to_text(now))))
        change = Change(set={"state": "importing", "leased_until": to_text(now + _LEASE), "at": to_text(now)})
        try:
            self._table.update(names.WORK, (_item_key(upload),), change, condition=free)
        except ConditionFailed:
            return False
        return True

    def _change(self, upload: str, values: dict[Path, Any]) -> None:
        values["at"] = to_text(self._clock.now())
        self._table.update(names.WORK, (_item_key(upload),), Change(set=values))

    def _item(self, upload: str) -> Item:
        item = Work(self._table).get(_item_key(upload)) if upload.isalnum() else None
        if item is None:
            raise NotFound(f"There is no upload “{upload}”.", hint="Begin a new one.")
        return item

    def _place(self) -> Files:
        files = self._files()
        if files is None:
            raise Misconfigured(
                "There is no place for large files here.", hint="Import them with: pivotr leads import FILE"
            )
        return files


def _item_key(upload: str) -> str:
    return f"upload#{upload}"
