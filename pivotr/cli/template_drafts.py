"""A template as one text in the operator's editor: subject, text and HTML, and back."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pivotr.domain.templates import TemplateVersion

_SUBJECT = "Subject:"
#: The line above the HTML; without it the template has no HTML any more.
_HTML = "----- HTML -----"
_MARK = re.compile(rf"^{_HTML}[ \t]*(?:\n|\Z)", re.MULTILINE)


def draft_of(template: TemplateVersion) -> str:
    """What the editor shows."""
    html = f"\n{_HTML}\n{template.html}" if template.html else ""
    return f"{_SUBJECT} {template.subject}\n\n{template.text}{html}"


def parts_of(draft: str) -> tuple[str, str, str]:
    """Subject, text and HTML. Raises InvalidInput where the first line is no subject."""
    first, _, rest = draft.replace("\r\n", "\n").partition("\n")
    if not first.startswith(_SUBJECT):
        from pivotr.errors import InvalidInput

        raise InvalidInput(f"The first line must begin with “{_SUBJECT}”.", hint="Write it there again.")
    subject, text, html = first.removeprefix(_SUBJECT).strip(), rest.removeprefix("\n"), ""
    if mark := _MARK.search(text):
        text, html = text[: mark.start()].removesuffix("\n"), text[mark.end() :]
    return subject, text, html


def is_same(one: str, other: str) -> bool:
    """True where two drafts differ at most in the line end that editors put at the end of a file."""
    return one.rstrip("\n") == other.rstrip("\n")


def keep(draft: str, name: str) -> Path:
    """Write a draft that was refused into a new file that only its owner can read."""
    handle, path = tempfile.mkstemp(prefix=f"pivotr-{name}-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(draft)
    return Path(path)
