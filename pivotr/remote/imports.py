"""Imports of lead files by the API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from pivotr.api.answers.leads import ImportAnswer
from pivotr.api_client.leads import LARGEST_IMPORT
from pivotr.domain.intake import ImportOptions
from pivotr.domain.reports import ImportReport, ImportRun, RowResult
from pivotr.errors import Conflict, LimitReached
from pivotr.remote.nouns import RemoteNoun, needs_tables

#: Seconds between two looks at an import that goes on in the background.
_LOOK = 2.0


class Imports(RemoteNoun):
    """Imports of files up to 4 MB."""

    def run(
        self,
        file: BinaryIO,
        name: str,
        options: ImportOptions,
        *,
        is_dry_run: bool = False,
        actor: str = "",  # noqa: ARG002
        on_row: Callable[[RowResult], None] | None = None,
        on_chunk: Callable[[int], None] | None = None,
    ) -> ImportReport:
        """Import a file and wait for its report. Raises InvalidInput, LimitReached, Conflict.

        A mapping of columns and a report row by row are not offered: Misconfigured.
        """
        if options.mapping or on_row is not None:
            raise needs_tables()
        file.seek(0)
        content = file.read(LARGEST_IMPORT + 1)
        if len(content) > LARGEST_IMPORT:
            raise LimitReached(
                f"“{name}” is larger than the {LARGEST_IMPORT:,} bytes that a request takes.",
                hint="Split the file: each part is imported by itself.",
            )
        done = self._sent(content, name, options, is_dry_run=is_dry_run)
        while done.upload is None and done.report.is_unfinished:
            # an API without a background: the same file again goes on where its time was up
            if is_dry_run:
                raise LimitReached(
                    f"The API has no time to rehearse more than {done.report.rows:,} rows of “{name}”.",
                    hint="Split the file, or import it without --dry-run.",
                )
            if on_chunk is not None:
                on_chunk(done.report.rows)
            done = self._sent(content, name, options, is_dry_run=False)
        return done.report if done.upload is None else self._followed(done.upload, on_chunk)

    def _sent(self, content: bytes, name: str, options: ImportOptions, *, is_dry_run: bool) -> ImportAnswer:
        return self._api.imports.send_content(
            content,
            name,
            options.list,
            type=options.type,
            tags=options.tags,
            source=options.source,
            basis=options.basis,
            update=options.is_update,
            stage=options.is_staged,
            dry_run=is_dry_run,
        )

    def _followed(self, upload: str, on_chunk: Callable[[int], None] | None) -> ImportReport:
        """The report of an import that goes on in the background, once it is done."""
        while True:
            seen = self._api.imports.read_upload(upload)
            if on_chunk is not None:
                on_chunk(seen.rows)
            if seen.state == "failed":
                raise Conflict(
                    seen.reason or "The import has failed.", hint="Run the same command again: it goes on."
                )
            report = self._api.imports.read(seen.import_id).report if seen.state == "done" else None
            if report is not None:
                return report
            time.sleep(_LOOK)  # noqa: TID251 - a client has no clock port


class PastImports(RemoteNoun):
    """Imports that are over."""

    def all(self) -> list[ImportRun]:
        """Every import of the last 400 days, newest first."""
        return list(self._api.imports.list())

    def get(self, key: str) -> ImportRun:
        """One import. Raises NotFound."""
        return self._api.imports.read(key)
