"""Where a command writes: data to stdout, talk to stderr.

On a terminal tables are drawn by rich; piped they are plain, aligned text without a frame. With `--json`
stdout holds exactly one JSON document. No text, whatever it holds, can break or control the terminal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from pivotr.cli.named_commands import addressed
from pivotr.cli.texts import plain, width

#: A terminal with less room than this beside the names of facts breaks the values itself.
_LEAST_ROOM = 12
_CONTROLS_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Console:
    """The two streams of one command. `wants_json` is `--json`: then tables and facts are not drawn.

    `env` is `--env`: commands that are recommended on stderr carry it on.
    """

    def __init__(
        self,
        stdout: TextIO,
        stderr: TextIO,
        *,
        wants_json: bool = False,
        env: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self.wants_json = wants_json
        self.env = env
        self._environ = os.environ if environ is None else environ
        for stream in (stdout, stderr):
            _never_fail_on_encoding(stream)

    @property
    def is_terminal(self) -> bool:
        """True where stdout can show frames and colours; FORCE_COLOR says yes, TERM=dumb says no."""
        if self._environ.get("FORCE_COLOR"):
            return True
        return self.stdout.isatty() and self._environ.get("TERM", "") != "dumb"

    def data(self, value: Any) -> None:
        """One JSON document on stdout. Models, dataclasses, sets, instants and bytes are understood."""
        import json

        text = json.dumps(value, ensure_ascii=False, indent=2, default=_as_json)
        try:
            text.encode(self.stdout.encoding or "utf-8")
        except UnicodeEncodeError:
            text = json.dumps(value, ensure_ascii=True, indent=2, default=_as_json)
        self.stdout.write(text + "\n")

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", spare: int = 0
    ) -> None:
        """Rows under headings. Cells are shown as text; numbers to the right.

        The last `spare` columns are left out where a terminal has no room for them.
        """
        kept = [[cell if isinstance(cell, (int, float)) else plain(cell) for cell in row] for row in rows]
        if self.is_terminal:
            self._draw(columns, kept, title, spare)
            return
        if title:
            self.stdout.write(title + "\n")
        texts = [[column.upper() for column in columns], *([str(cell) for cell in row] for row in kept)]
        widths = [max(width(row[i]) for row in texts) for i in range(len(columns))]
        is_number = [
            bool(kept) and all(isinstance(row[i], (int, float)) or row[i] == "" for row in kept)
            for i in range(len(columns))
        ]
        for row in texts:
            cells = [
                pad + cell if right else cell + pad
                for cell, room, right in zip(row, widths, is_number, strict=True)
                for pad in (" " * (room - width(cell)),)
            ]
            self.stdout.write("  ".join(cells).rstrip() + "\n")

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Names and values, one a line, the values aligned. Pairs with an empty value are left out."""
        shown = [(name, plain(value)) for name, value in pairs if value not in ("", None)]
        room = max((width(name) for name, _ in shown), default=0)
        bold, normal = ("\x1b[1m", "\x1b[0m") if self._has_colour(self.stdout) else ("", "")
        for name, value in shown:
            lines = _folded(value, room + 2) if self.is_terminal else value
            self.stdout.write(f"{bold}{name}{normal}{' ' * (room - width(name))}  {lines}\n")

    def text(self, text: str = "") -> None:
        """A block of text on stdout, such as a mail; line ends are kept, control characters are not."""
        self.stdout.write(_CONTROLS_BUT_LINES.sub(" ", text.replace("\r\n", "\n")) + "\n")

    def success(self, text: str) -> None:
        """What was done, on stderr."""
        self._talk(text, "32")

    def note(self, text: str) -> None:
        """What helps next, on stderr."""
        self._talk(text, "2")

    def warn(self, text: str) -> None:
        """What the operator should look at, on stderr, also with `--json`."""
        self._talk("Warning: " + text, "33", is_urgent=True)

    def danger(self, text: str) -> None:
        """What would be lost, in red on stderr, also with `--json`."""
        self._talk(text, "31", is_urgent=True)

    def failure(self, code: str, sentence: str, hint: str) -> None:
        """Why a command failed, on stderr: the sentence, then the hint; one JSON document with `--json`."""
        hint = addressed(hint, self.env)
        if self.wants_json:
            import json

            error = {"error": {"code": code, "message": sentence, "hint": hint}}
            self.stderr.write(json.dumps(error, ensure_ascii=True) + "\n")
            return
        self._talk(sentence, "31", is_urgent=True)
        if hint:
            self._talk("→ " + hint, "", is_urgent=True)

    def sentence(self, text: str, indent: int = 0) -> None:
        """A sentence on stdout, broken between words on a terminal, every line indented."""
        blanks = " " * indent
        self.text(blanks + (_folded(plain(text), indent) if self.is_terminal else text))

    def _talk(self, text: str, colour: str, *, is_urgent: bool = False) -> None:
        if self.wants_json and not is_urgent:
            return
        clean = _CONTROLS_BUT_LINES.sub(" ", addressed(text, self.env))
        if self.stderr.isatty():
            clean = "\n".join(map(_told, clean.split("\n")))
        if colour and self._has_colour(self.stderr):
            clean = f"\x1b[{colour}m{clean}\x1b[0m"
        self.stderr.write(clean + "\n")

    def _has_colour(self, stream: TextIO) -> bool:
        if self._environ.get("NO_COLOR"):
            return False
        if self._environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and self._environ.get("TERM", "") != "dumb"

    def _draw(self, columns: Sequence[str], rows: list[list[Any]], title: str, spare: int) -> None:
        from rich.console import Console as Terminal

        from pivotr.cli.column_widths import fitted

        terminal = Terminal(file=self.stdout, highlight=False, _environ=dict(self._environ))
        widths = fitted(columns, rows, terminal.width)
        for _ in range(spare):
            if widths is None or not widths.is_whole:
                columns, rows = columns[:-1], [row[:-1] for row in rows]
                widths = fitted(columns, rows, terminal.width)
        if widths is not None:
            terminal.print(drawn(columns, rows, title, widths.columns))
            return
        if title:
            self.stdout.write(title + "\n")
        for row in rows:
            self.stdout.write("\n")
            self.facts(zip(columns, row, strict=True))


def _told(line: str) -> str:
    """A line of talk, broken between words; one with a command stays whole, to be copied."""
    return line if "pivotr " in line else _folded(line, 0)


def _folded(value: str, indent: int) -> str:
    """A long value broken between words, its further lines below the first."""
    from shutil import get_terminal_size
    from textwrap import wrap

    room = get_terminal_size().columns - indent
    if width(value) <= room or room < _LEAST_ROOM:
        return value
    lines = wrap(value, room, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def drawn(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
    widths: Sequence[int] | None = None,
) -> Any:
    """A rich table of these rows, its columns as wide as said; no text in it is read as markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    kept = [list(row) for row in rows]
    # two blanks between columns: one of the cell, one of the box
    table = Table(
        box=SIMPLE_HEAD, title=title or None, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False,
        show_edge=False,
    )  # fmt: skip
    for i, column in enumerate(columns):
        is_number = bool(kept) and all(isinstance(row[i], (int, float)) for row in kept)
        table.add_column(
            column,
            justify="right" if is_number else "left",
            overflow="fold",
            width=widths[i] if widths else None,
        )
    for row in kept:
        # a no-break space has done its work when the widths were chosen
        table.add_row(*(Text(plain(cell).replace("\u00a0", " ")) for cell in row))
    return table


def _never_fail_on_encoding(stream: TextIO) -> None:
    """Let letters that the stream cannot hold come out as question marks instead of an error."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _as_json(value: object) -> object:
    """What JSON has no word for: models, dataclasses, sets, instants, bytes."""
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    if hasattr(value, "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat is not None else str(value)
