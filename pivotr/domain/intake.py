"""How a person becomes a lead: the greeting that is safe to use, flags, and cells cut to what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pivotr.domain import address_flags
from pivotr.domain.campaigns import check_name
from pivotr.domain.leads import LeadType, lead_id
from pivotr.domain.person_names import parse_name
from pivotr.errors import InvalidInput

#: Longest stored name or company, and longest stored custom field, in characters: a lead stays small.
NAME_LIMIT = 200
FIELD_LIMIT = 2000
#: Most custom fields of one lead, and the longest name of one.
FIELDS = 100
FIELD_NAME_LIMIT = 100

#: The warning that no first name is safe to greet by.
NO_GREETING = "no_greeting"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where leads come from: stored with each of them as provenance."""

    type: LeadType | None = None
    tags: frozenset[str] = frozenset()
    source: str = ""
    basis: str = ""
    import_id: str = ""


class NewLead(NamedTuple):
    """A lead that is about to arrive: what a `Lead` is stored from, without the cost of a checked model.

    `is_cut` tells that a cell was longer than what is stored; `corrected` names what an operator said.
    """

    id: str
    email: str
    domain: str
    full_name: str
    first_name: str
    company: str
    fields: dict[str, str]
    flags: frozenset[str]
    origin: Origin
    line: int
    created_at: str
    is_cut: bool = False
    corrected: frozenset[str] = frozenset()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should look at before this lead is mailed, in words of `address_flags`; mostly
        nothing. `no_greeting`: no first name is safe."""
        found = tuple(flag for flag in (address_flags.TYPO_DOMAIN, address_flags.ROLE) if flag in self.flags)
        return found if self.first_name else (*found, NO_GREETING)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What is said about a file beside its rows; `mapping` is role or variable → name of a column."""

    list: str
    tags: tuple[str, ...] = ()
    type: LeadType | None = None
    source: str = ""
    basis: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    is_update: bool = False
    #: Rows with warnings wait for a look instead of becoming leads.
    is_staged: bool = False


def checked(options: ImportOptions, *, is_dry_run: bool = False) -> ImportOptions:
    """The options as they are stored; a dry run may do without a list. Raises InvalidInput."""
    tags = tuple(dict.fromkeys(check_name("tag", tag) for tag in options.tags))
    if max(len(options.source), len(options.basis)) > 200:
        raise InvalidInput("Source and basis take at most 200 characters.", hint="Say it shorter.")
    return ImportOptions(
        list=check_name("list", options.list) if options.list or not is_dry_run else "",
        tags=tags,
        type=options.type,
        source=options.source.strip(),
        basis=options.basis.strip(),
        mapping=dict(options.mapping),
        is_update=options.is_update,
        is_staged=options.is_staged,
    )


def greeting(full_name: str, given_name: str, threshold: float) -> str:
    """The first name to greet by; empty where none is at least as sure as the threshold (0 to 1).

    The full name decides, for it tells surname-first and initials; a column with the given name helps where
    the full name leaves doubt.
    """
    for text in (full_name, given_name):
        if text:
            parsed = parse_name(text)
            if parsed.first_name and parsed.confidence >= threshold:
                return parsed.first_name
    return ""


def new_lead(
    key: bytes,
    email: str,
    *,
    full_name: str,
    given_name: str,
    company: str,
    fields: Mapping[str, str],
    threshold: float,
    origin: Origin,
    line: int = 0,
    created_at: str,
) -> NewLead:
    """A new lead for an address in normal form."""
    is_cut = len(full_name) > NAME_LIMIT or len(company) > NAME_LIMIT
    if is_cut:
        full_name, company = full_name[:NAME_LIMIT], company[:NAME_LIMIT]
    kept = _kept(fields) if fields else {}
    return NewLead(
        lead_id(key, email),
        email,
        email.rpartition("@")[2],
        full_name,
        greeting(full_name, given_name[:NAME_LIMIT], threshold),
        company,
        kept,
        address_flags.flags(email),
        origin,
        line,
        created_at,
        is_cut or kept != fields,
    )


def _kept(fields: Mapping[str, str]) -> dict[str, str]:
    return {
        name[:FIELD_NAME_LIMIT]: value[:FIELD_LIMIT] for name, value in list(fields.items())[:FIELDS] if name
    }
