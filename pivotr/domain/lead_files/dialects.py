"""Which delimiter and quoting a text uses: the reading under which header and addresses make most sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from pivotr.domain.lead_files.delimited import Dialect, Record, records, unnested
from pivotr.domain.lead_files.layout import PREVIEW, Layout, find_layout
from pivotr.errors import InvalidInput

DELIMITERS = (",", ";", "\t", "|")

_LOOKED_AT = 1 << 16
_APOSTROPHES = re.compile(r"^'[^'\n]*'[,;\t|]'", re.MULTILINE)
#: Before a delimiter or the end of a line `\"` is more likely a cell that ends in a backslash.
_BACKSLASHED = re.compile(r'[^,;\t|\n"\\]\\"(?![,;\t|\r\n]|\Z)')
#: Two quotes that stand for one; an empty cell in quotes is none.
_DOUBLED = re.compile(r'[^,;\t|\n"]""|""[^,;\t|\r\n"]')
_BLANK_BEFORE_QUOTE = re.compile(r'[,;\t|] +"')


def find_dialect(text: str, delimiter: str, mapping: Mapping[str, str]) -> tuple[Dialect, Layout, int] | None:
    """The best reading of the first piece of a text, its layout and the line of its header (0 = none).

    A `delimiter` that the file names itself (`sep=;`) is tried before all others. None when no reading has a
    column of addresses. Raises InvalidInput when `mapping` names a column that exists under no reading.
    """
    text = text if len(text) <= _LOOKED_AT else text[: text.rfind("\n", 0, _LOOKED_AT) + 1 or _LOOKED_AT]
    best: tuple[Dialect, Layout, int] | None = None
    complaint: InvalidInput | None = None
    for dialect in _candidates(text, delimiter):
        rows = list(islice(_read(text, dialect), PREVIEW))
        try:
            layout = find_layout([cells for _, cells in rows], mapping)
        except InvalidInput as error:
            if complaint is None or error.sentence.count(", ") > complaint.sentence.count(", "):
                complaint = error  # the reading with the most columns tells most
            continue
        if layout and (best is None or layout.score > best[1].score):
            best = (dialect, layout, rows[layout.header_at][0] if layout.header_at >= 0 else 0)
            if dialect.delimiter == delimiter:
                break
    if best is None and complaint:
        raise complaint
    return best


def _read(text: str, dialect: Dialect) -> Iterator[Record]:
    found = records([text], dialect)
    return unnested(found, dialect) if dialect.nested else found


def _candidates(text: str, delimiter: str) -> Iterator[Dialect]:
    quote = "'" if _APOSTROPHES.search(text) else '"'
    escape = "\\" if _BACKSLASHED.search(text) and not _DOUBLED.search(text) else None
    skip_blanks = bool(_BLANK_BEFORE_QUOTE.search(text))
    order = (delimiter, *DELIMITERS) if delimiter and delimiter not in "\r\n\"'" else DELIMITERS
    for each in order:
        yield Dialect(each, quote, escape, skip_blanks)
    lines = [line for line in text.splitlines()[:PREVIEW] if line.strip()]
    if all(line.startswith('"') and line.endswith('"') for line in lines):
        for each in DELIMITERS:
            yield Dialect(each, nested=True)
