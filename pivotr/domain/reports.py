"""What services hand to the doors: frozen reports that can be printed as JSON as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.address_flags import ROLE, TYPO_DOMAIN, flags
from pivotr.domain.leads import LeadType

RowOutcome: TypeAlias = Literal["accepted", "updated", "staged", "duplicate", "rejected"]
OUTCOMES: tuple[RowOutcome, ...] = ("accepted", "updated", "staged", "duplicate", "rejected")


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a lead file; `line` is where it begins, 1 = first line of the file.

    `reason` is one of few words; `detail` says in a sentence what is wrong with a row that was refused.
    """

    line: int
    outcome: RowOutcome
    reason: str = ""
    email: str = ""
    full_name: str = ""
    first_name: str = ""
    company: str = ""
    detail: str = ""


class ImportReport(BaseModel):
    """The account of an import: accepted + updated + staged + duplicate + rejected = rows (promise P10).

    `reasons` counts why rows were no new leads, `warnings` what an operator should look at: `typo_domain`,
    `role`, `free` (addresses), `no_greeting` (no safe first name), `cut` (cells longer than is stored).
    """

    model_config = ConfigDict(frozen=True)

    import_id: str
    file: str
    list: str
    rows: int = 0
    accepted: int = 0
    updated: int = 0
    staged: int = 0
    duplicate: int = 0
    rejected: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    warnings: dict[str, int] = Field(default_factory=dict)
    is_dry_run: bool = False
    #: What was read as what: email, first_name, … → the header of its column. All others are variables.
    columns: dict[str, str] = Field(default_factory=dict)
    variables: tuple[str, ...] = ()
    #: The sheet of a workbook that was read, and those that were not although they hold leads too.
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    #: True when an earlier run of the same file had been interrupted and was finished now.
    is_continued: bool = False
    #: True when its time was up before the file was: the same file goes on from there.
    is_unfinished: bool = False

    @property
    def adds_up(self) -> bool:
        """True when every row has exactly one outcome."""
        return self.rows == self.accepted + self.updated + self.staged + self.duplicate + self.rejected


class UndoReport(BaseModel):
    """What undoing an import took back: its new leads, their places on its list, its rows that waited.

    `kept` are its leads that stay, because they have been mailed, enrolled, corrected or put on another list
    since; with them stays what they are members of.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    leads: int = 0
    memberships: int = 0
    staged: int = 0
    kept: int = 0


class UploadRun(BaseModel):
    """A file that is imported in the background: `rows` that are done, `reason` where it cannot be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    upload: str
    file: str
    actor: str = ""
    state: Literal["waiting", "importing", "done", "failed"]
    at: str
    rows: int = 0
    import_id: str = ""
    reason: str = ""


class ErasureReport(BaseModel):
    """What the erasure of a person took away; `lead` is the keyed id under which an empty tombstone stays.

    `is_suppressed`: a suppression stays, as a keyed hash. `is_open`: a mail was being sent at that instant,
    and what it leaves in the log needs a second erasure.
    """

    model_config = ConfigDict(frozen=True)

    lead: str
    was_lead: bool
    lists: int = 0
    entries: int = 0
    staged: int = 0
    is_suppressed: bool = False
    is_open: bool = False


class ImportRun(BaseModel):
    """One import as it is remembered: `rows` that are done, `began` and `at` its first and last sign of life.

    `report` is there once it is done, `undone` once it has been taken back. `approved` and `discarded` tell
    what has become of the rows that it left waiting.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    import_id: str
    file: str = ""
    list: str = ""
    actor: str = ""
    state: Literal["running", "interrupted", "done", "undone"]
    began: str
    at: str
    rows: int = 0
    approved: int = 0
    discarded: int = 0
    report: ImportReport | None = None
    undone: UndoReport | None = None


class StagedRow(BaseModel):
    """A row of an import that waits for a look; its id is `{import}:{line}`, `at` when it was read.

    `corrected` names what an operator has said about it since.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    import_id: str
    line: int
    list: str
    email: str
    full_name: str = ""
    first_name: str = ""
    company: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    type: LeadType | None = None
    tags: frozenset[str] = frozenset()
    source: str = ""
    basis: str = ""
    corrected: frozenset[str] = frozenset()
    at: str = ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why it waits: `typo_domain`, `role`, `no_greeting`; empty once it is put right.

        A first name that an operator gave, or took away, is no cause to wait any more.
        """
        found = flags(self.email)
        why = [flag for flag in (TYPO_DOMAIN, ROLE) if flag in found and "email" not in self.corrected]
        if not self.first_name and "first_name" not in self.corrected:
            why.append("no_greeting")
        return tuple(why)


class Approval(BaseModel):
    """What became of rows that were approved; `waiting` are those that still wait."""

    model_config = ConfigDict(frozen=True)

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    waiting: int = 0


class CheckPlan(BaseModel):
    """What checking the mailboxes of a list would take; `seconds` at the verifier's rate.

    `credits` are those that the account has; None where checks are free.
    """

    model_config = ConfigDict(frozen=True)

    list: str
    verifier: str
    members: int
    unverified: int
    is_paid: bool
    credits: int | None
    seconds: int


class CheckReport(BaseModel):
    """What came of it: verdict → addresses. Those that are suppressed were not asked about."""

    model_config = ConfigDict(frozen=True)

    list: str
    checked: int
    suppressed: int
    verdicts: dict[str, int]


class MailView(BaseModel):
    """One mail to a lead: from whom, when, by which template, and what came back."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    step: int = 0
    sender: str = ""
    at: str = ""
    template: str = ""
    version: int = 0
    outcome: str = ""
    #: Kind and instant of each event, oldest first.
    events: tuple[tuple[str, str], ...] = ()


class LogLine(BaseModel):
    """One entry of the log in words a person understands."""

    model_config = ConfigDict(frozen=True)

    at: str
    kind: str
    sentence: str
    campaign: str = ""
    lead: str = ""
    email: str = ""
    sender: str = ""
    step: int = 0
    actor: str = ""
    reason: str = ""


class DayMetrics(BaseModel):
    """The counters of one day; those that are 0 are left out."""

    model_config = ConfigDict(frozen=True)

    day: str
    counts: dict[str, int] = Field(default_factory=dict)


class CampaignMetrics(BaseModel):
    """The counters of one campaign: sums, and day by day where asked for. Days are in the campaign's zone."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    name: str
    status: str
    totals: dict[str, int]
    days: tuple[DayMetrics, ...] = ()


class AccountMetrics(BaseModel):
    """The account in its own zone: today, the last seven days, its health, and every campaign's sums.

    `used` counts mails that left or may have left.
    """

    model_config = ConfigDict(frozen=True)

    day: str
    zone: str
    used: int
    limit: int
    week_used: int
    week_bounced: int
    week_complained: int
    health: Literal["ok", "warn", "stop"]
    health_reason: str = ""
    guard_tripped: bool = False
    guard_reason: str = ""
    days: tuple[DayMetrics, ...] = ()
    campaigns: tuple[CampaignMetrics, ...] = ()


class Difference(BaseModel):
    """A counter that does not equal its recount."""

    model_config = ConfigDict(frozen=True)

    day: str
    counter: str
    stored: int
    recounted: int


class AuditReport(BaseModel):
    """Counters of a campaign against a recount of the log and the leads (promise P7)."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    entries: int
    leads: int
    differences: tuple[Difference, ...] = ()

    @property
    def agrees(self) -> bool:
        """True when nothing differs."""
        return not self.differences


class OpenReply(BaseModel):
    """An answer that a person has to read. `why` says what is not clear; `text` is its own words, cut."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    at: str = ""
    sender: str = ""
    lead: str = ""
    campaign: str = ""
    subject: str = ""
    text: str = ""
    why: str = ""


class MailboxReport(BaseModel):
    """One look into the mailbox: how many mails were new, and what became of how many of them."""

    model_config = ConfigDict(frozen=True)

    mails: int = 0
    outcomes: dict[str, int] = Field(default_factory=dict)
    has_more: bool = False
