"""The plain text of an HTML mail, for readers and programs that show no HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_HIDDEN = frozenset({"head", "script", "style", "template", "title"})
_BLOCKS = frozenset(
    {"address", "blockquote", "div", "dl", "dt", "dd", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_SPACED = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "table", "ul"})


def text_from_html(html: str) -> str:
    """The text with one line per block, a dash before items, the address of a link behind its text."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects text; `\\n` stands for the end of a block until the end, when blanks are settled."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._hidden = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a hidden part, a line or a link."""
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag == "br":
            self._pieces.append("\n")
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _SPACED else "\n")
            if tag == "li":
                self._pieces.append("- ")
        elif tag in ("td", "th"):
            self._pieces.append(" ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._pieces)))
        elif tag == "img":
            self._pieces.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        """End a hidden part, a line or a link."""
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in _BLOCKS:
            self._pieces.append("\n\n" if tag in _SPACED else "\n")
        elif tag == "a" and self._links:
            target, begin = self._links.pop()
            shown = "".join(self._pieces[begin:]).strip()
            address = target.removeprefix("mailto:")
            if address and not address.startswith("#") and address not in (shown, f"https://{shown}"):
                self._pieces.append(f" ({address})" if shown else address)

    def handle_data(self, data: str) -> None:
        """Take over visible text."""
        if not self._hidden:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """What was collected, blanks joined, at most one empty line between two lines."""
        lines = [" ".join(line.split()) for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"
