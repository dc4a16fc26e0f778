"""Leads, lists, imports and suppressions by the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pivotr.api.answers.leads import (
    ImportAnswer,
    Lead,
    LeadGone,
    LeadView,
    ListSize,
    LogLines,
    SuppressionCheck,
    SuppressionGone,
    SuppressionMade,
    UploadBegun,
)
from pivotr.api.models.leads import LeadChange, LeadNew, Stop, SuppressionNew, UploadNew
from pivotr.api_client.nouns import Noun
from pivotr.domain.leads import LeadStatus, LeadType
from pivotr.domain.reports import ErasureReport, ImportRun, LogLine, UploadRun
from pivotr.domain.suppression import Suppression
from pivotr.errors import InvalidInput

#: Largest file that goes in the request itself, in bytes; larger ones are uploaded first.
LARGEST_IMPORT = 4 * 1024 * 1024


class Leads(Noun):
    """The people we may write to. `id` is an id or an address."""

    def list(
        self,
        *,
        status: LeadStatus | None = None,
        list_name: str = "",
        domain: str = "",
        tag: str = "",
        campaign: str = "",
        verdict: str = "",
        since: str = "",
        until: str = "",
        page: int = 100,
    ) -> Iterator[Lead]:
        """Leads one after another, fetched `page` at a time; days are UTC: `2026-11-24`."""
        query = {
            "status": status, "list": list_name, "domain": domain, "tag": tag, "campaign": campaign,
            "verdict": verdict, "since": since, "until": until, "limit": page,
        }  # fmt: skip
        return self._each(Lead, "/api/leads", query=query)

    def create(self, lead: LeadNew) -> Lead:
        """One lead by hand. Raises Conflict where the address is known."""
        return self._one(Lead, "POST", "/api/leads", body=lead, is_keyed=True)

    def read(self, id: str) -> LeadView:  # noqa: A002
        """A lead with its lists and mails. Raises NotFound."""
        return self._one(LeadView, "GET", "/api/leads/{}", id)

    def update(self, id: str, change: LeadChange, *, etag: str = "") -> Lead:  # noqa: A002
        """Correct a lead. With the `etag` of a reading, Changed where somebody was faster since."""
        tag = etag or self.read_tagged(id)[1]
        return self._one(Lead, "PUT", "/api/leads/{}", id, body=change, if_match=tag)

    def read_tagged(self, id: str) -> tuple[LeadView, str]:  # noqa: A002
        """A lead and its ETag, for `update`."""
        return self._tagged(LeadView, "GET", "/api/leads/{}", id)

    def delete(self, id: str) -> LeadGone:  # noqa: A002
        """Delete a lead; a tombstone stays, so that the person is not written to again."""
        return self._one(LeadGone, "DELETE", "/api/leads/{}", id)

    def stop(self, id: str, reason: str = "replied") -> Lead:  # noqa: A002
        """Send nothing more to somebody."""
        return self._one(Lead, "POST", "/api/leads/{}/stop", id, body=Stop(reason=reason))

    def erase(self, id: str) -> ErasureReport:  # noqa: A002
        """Erase a person on request; the suppression stays as a hash."""
        return self._one(ErasureReport, "POST", "/api/leads/{}/erase", id)

    def logs(self, id: str) -> tuple[LogLine, ...]:  # noqa: A002
        """What happened to a lead, oldest first."""
        return tuple(self._one(LogLines, "GET", "/api/leads/{}/logs", id).items)


class Imports(Noun):
    """Lead files."""

    def send(
        self,
        file: Path,
        list_name: str,
        *,
        type: LeadType | None = None,  # noqa: A002
        tags: tuple[str, ...] = (),
        source: str = "",
        basis: str = "",
        update: bool = False,
        stage: bool = False,
        dry_run: bool = False,
    ) -> ImportAnswer:
        """Import a file of up to 4 MB. The same file again brings nothing twice. Raises InvalidInput."""
        return self.send_content(
            file.read_bytes(), file.name, list_name, type=type, tags=tags, source=source, basis=basis,
            update=update, stage=stage, dry_run=dry_run,
        )  # fmt: skip

    def send_content(
        self,
        content: bytes,
        name: str,
        list_name: str,
        *,
        type: LeadType | None = None,  # noqa: A002
        tags: tuple[str, ...] = (),
        source: str = "",
        basis: str = "",
        update: bool = False,
        stage: bool = False,
        dry_run: bool = False,
    ) -> ImportAnswer:
        """The same for the bytes of a file called `name`."""
        if len(content) > LARGEST_IMPORT:
            raise InvalidInput(
                f"{name} has {len(content):,} bytes; a request takes {LARGEST_IMPORT:,}.",
                hint="Use begin_upload, or split the file.",
            )
        query = {
            "list": list_name, "file": name, "type": type, "tags": tags, "source": source,
            "basis": basis, "update": update, "stage": stage, "dry_run": dry_run,
        }  # fmt: skip
        return self._one(
            ImportAnswer, "POST", "/api/leads/import", query=query, content=content,
            content_type="application/octet-stream",
        )  # fmt: skip

    def list(self, *, page: int = 50) -> Iterator[ImportRun]:
        """Imports, newest first."""
        return self._each(ImportRun, "/api/leads/import", query={"limit": page})

    def read(self, id: str) -> ImportRun:  # noqa: A002
        """One import. Raises NotFound."""
        return self._one(ImportRun, "GET", "/api/leads/import/{}", id)

    def begin_upload(self, upload: UploadNew) -> UploadBegun:
        """Where and how a larger file is uploaded; `start_upload` then imports it in the background."""
        return self._one(UploadBegun, "POST", "/api/leads/uploads", body=upload, is_keyed=True)

    def start_upload(self, id: str) -> UploadRun:  # noqa: A002
        """Import what has been uploaded."""
        return self._one(UploadRun, "POST", "/api/leads/uploads/{}/start", id)

    def read_upload(self, id: str) -> UploadRun:  # noqa: A002
        """How far an upload is."""
        return self._one(UploadRun, "GET", "/api/leads/uploads/{}", id)


class LeadLists(Noun):
    """Lists and their members."""

    def list(self, *, exact: bool = False, page: int = 50) -> Iterator[ListSize]:
        """Every list and its members, counted as far as 10,000; to the last one with `exact`."""
        return self._each(ListSize, "/api/lists", query={"exact": exact, "limit": page})

    def members(self, name: str, *, page: int = 100) -> Iterator[Lead]:
        """The leads of a list. Raises NotFound."""
        return self._each(Lead, "/api/lists/{}", name, query={"limit": page})

    def page(self, name: str, *, limit: int = 100, cursor: str = "") -> tuple[tuple[Lead, ...], str]:
        """Some leads of a list, and the cursor behind them, empty at the end. Raises NotFound."""
        found, more = self._page(
            Lead, "/api/lists/{}", name, query={"limit": limit, "cursor": cursor}
        )  # fmt: skip
        return tuple(found), more


class Suppressions(Noun):
    """Who gets nothing more. A target is an address or `@domain`."""

    def list(self, *, page: int = 100) -> Iterator[Suppression]:
        """Every suppression."""
        return self._each(Suppression, "/api/suppressions", query={"limit": page})

    def create(self, suppression: SuppressionNew) -> SuppressionMade:
        """Suppress an address or a domain."""
        return self._one(SuppressionMade, "POST", "/api/suppressions", body=suppression, is_keyed=True)

    def read(self, target: str) -> SuppressionCheck:
        """Whether a target is suppressed, and why."""
        return self._one(SuppressionCheck, "GET", "/api/suppressions/{}", target)

    def delete(self, target: str, *, force: bool = False) -> SuppressionGone:
        """Allow mail again; what the person asked for only with `force`. Raises NotFound, Conflict."""
        return self._one(SuppressionGone, "DELETE", "/api/suppressions/{}", target, query={"force": force})
