"""The pages behind the link to unsubscribe: small, plain, in the reader's language, without script.

Texts lie in `pivotr/data/unsubscribe_page.json`, one object for each language; English is the first.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import Literal, TypeAlias

from pivotr.domain.texts import one_line

#: ask: the question with its button. done: suppressed. unknown: no link of ours. later: it did not work.
Page: TypeAlias = Literal["ask", "done", "unknown", "later"]

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1.125rem/1.6 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}"
    "h1{font-size:1.5rem;line-height:1.3;overflow-wrap:anywhere}p{overflow-wrap:anywhere}"
    "button{font:inherit;padding:.6em 1.4em;border:2px solid;border-radius:.4em;cursor:pointer}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: What a browser may do with such a page: show it, and post its one form back to where it came from.
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The button posts what RFC 8058 lets a mail program post, and says that it was the page.
_FORM = (
    '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">'
    '<button name="by" value="page">{button}</button></form>'
)


def language_of(accepted: str) -> str:
    """The language for an `Accept-Language` header (RFC 9110, 12.5.4); English where it names none."""
    wanted: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((weight, name.strip().partition("-")[0].lower()))
    known = texts()
    best = sorted((one for one in wanted if one[0] > 0 and one[1] in known), key=lambda one: -one[0])
    return best[0][1] if best else next(iter(known))


def page(kind: Page, *, language: str, sender: str = "") -> str:
    """A whole HTML document. `sender` is the name that stands in the mails; it is escaped here."""
    words = texts()[language]
    name = f"<bdi>{escape(one_line(sender))}</bdi>" if one_line(sender) else words["somebody"]
    if kind == "ask":
        title = words["question"]
        lines = [words["note"].format(sender=name)]
        form = _FORM.format(button=escape(words["button"]))
    else:
        title, form = words[f"{kind}_title"], ""
        lines = [words[kind].format(sender=name), *([words["close"]] if kind == "done" else [])]
    plain = escape(one_line(sender)) or words["somebody"]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex,nofollow">'
        f"<title>{title.format(sender=plain)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title.format(sender=name)}</h1>{body}{form}</main></body></html>\n"
    )


@cache
def texts() -> dict[str, dict[str, str]]:
    """Language → its sentences."""
    data = (files("pivotr") / "data" / "unsubscribe_page.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(data)
    return found
