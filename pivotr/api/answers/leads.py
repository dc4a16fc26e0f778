"""Answers about leads, lists and suppressions."""

from __future__ import annotations

from typing import Literal

from pivotr.api.answers.out import Out
from pivotr.domain.leads import LeadStatus, LeadType
from pivotr.domain.reports import ImportReport, LogLine, MailView
from pivotr.domain.suppression import Suppression


class Lead(Out):
    """A person we may write to. `campaign` and `sender` are those of the last enrolment."""

    id: str
    email: str
    domain: str
    full_name: str
    first_name: str
    company: str
    fields: dict[str, str]
    corrected: list[str]
    type: LeadType | None
    tags: list[str]
    source: str
    basis: str
    import_id: str
    flags: list[str]
    created_at: str
    status: LeadStatus
    reason: str
    due: str | None
    step: int
    mailed_at: str
    seen: list[str]
    verdict: str
    verdict_flags: list[str]
    verified_at: str
    campaign: str
    sender: str


class LeadView(Lead):
    """A lead with its lists, what suppresses it, and its mails."""

    lists: list[str]
    suppression: Suppression | None
    mails: list[MailView]


class LeadGone(Out):
    """A deleted lead."""

    id: str
    status: Literal["deleted"]
    being_sent: bool


class LogLines(Out):
    """Entries of the log, oldest first."""

    items: list[LogLine]


class ListSize(Out):
    """A list and its members; where `is_whole` is false there are more than those."""

    name: str
    members: int
    is_whole: bool


class ImportAnswer(Out):
    """The report of an import, and the upload that goes on with it where its time was up."""

    report: ImportReport
    upload: str | None


class UploadForm(Out):
    """How a file gets there: a POST of `fields` and then `file` to `url`, until it expires."""

    url: str
    fields: dict[str, str]
    expires_seconds: int
    largest_bytes: int


class UploadBegun(Out):
    """An upload, and the form that takes its file."""

    upload: str
    form: UploadForm


class SuppressionMade(Out):
    """The suppression that holds now, and how many leads it stopped."""

    suppression: Suppression
    stopped: int


class SuppressionCheck(Out):
    """Whether somebody is suppressed, and by what."""

    suppressed: bool
    suppression: Suppression | None


class SuppressionGone(Out):
    """A suppression that was lifted."""

    target: str
    freed: int
