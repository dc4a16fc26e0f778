"""How a person becomes a lead: the greeting that is safe to use, flags, and cells cut to what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pivotr.domain import address_flags
from pivotr.domain.campaigns import check_name
from pivotr.domain.leads import Lead, LeadType, lead_id
from pivotr.domain.person_names import parse_name
from pivotr.errors import InvalidInput

#: Longest stored name or company, and longest stored custom field, in characters: a lead stays small.
NAME_LIMIT = 200
FIELD_LIMIT = 2000
#: Most custom fields of one lead, and the longest name of one.
FIELDS = 100
FIELD_NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """Where leads come from: stored with each of them as provenance."""

    type: LeadType | None = None
    tags: frozenset[str] = frozenset()
    source: str = ""
    basis: str = ""
    import_id: str = ""


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


def checked(options: ImportOptions) -> ImportOptions:
    """The options as they are stored. Raises InvalidInput."""
    tags = tuple(dict.fromkeys(check_name("tag", tag) for tag in options.tags))
    if max(len(options.source), len(options.basis)) > 200:
        raise InvalidInput("Source and basis take at most 200 characters.", hint="Say it shorter.")
    return ImportOptions(
        list=check_name("list", options.list),
        tags=tags,
        type=options.type,
        source=options.source.strip(),
        basis=options.basis.strip(),
        mapping=dict(options.mapping),
        is_update=options.is_update,
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
) -> tuple[Lead, bool]:
    """A new lead for an address in normal form; and whether a cell was cut to what is stored."""
    kept = {
        name[:FIELD_NAME_LIMIT]: value[:FIELD_LIMIT] for name, value in list(fields.items())[:FIELDS] if name
    }
    is_cut = max(len(full_name), len(company)) > NAME_LIMIT or kept != fields
    lead = Lead(
        id=lead_id(key, email),
        email=email,
        domain=email.rpartition("@")[2],
        full_name=full_name[:NAME_LIMIT],
        first_name=greeting(full_name[:NAME_LIMIT], given_name[:NAME_LIMIT], threshold),
        company=company[:NAME_LIMIT],
        fields=kept,
        type=origin.type,
        tags=origin.tags,
        source=origin.source,
        basis=origin.basis,
        import_id=origin.import_id,
        line=line,
        flags=address_flags.flags(email),
        created_at=created_at,
    )
    return lead, is_cut
