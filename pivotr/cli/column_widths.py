"""How wide the columns of a drawn table are: texts wrap between words, ids and addresses stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pivotr.cli.texts import plain, width

#: Letters that a piece of a broken word has at least.
_READABLE = 12
_GAP = 2


@dataclass(frozen=True, slots=True)
class Widths:
    """The width of each column; `is_whole` where no word of any cell is broken."""

    columns: tuple[int, ...]
    is_whole: bool


def fitted(columns: Sequence[str], rows: Sequence[Sequence[object]], room: int) -> Widths | None:
    """The widths that fill at most `room`; None where the cells could not be read any more.

    The first column is what a reader copies, an id or an address: its words are never broken.
    """
    cells = [[column, *(plain(row[at]) for row in rows)] for at, column in enumerate(columns)]
    widths = [max(map(width, texts)) for texts in cells]
    words = [max(width(word) for text in texts for word in text.split(" ")) for texts in cells]
    room -= _GAP * (len(columns) - 1)
    if _shrink(widths, words, room):
        return Widths(tuple(widths), is_whole=True)
    pieces = [word if at == 0 else min(word, _READABLE) for at, word in enumerate(words)]
    return Widths(tuple(widths), is_whole=False) if _shrink(widths, pieces, room) else None


def _shrink(widths: list[int], least: Sequence[int], room: int) -> bool:
    """Narrow the widest columns first, none below its least; False where that is not enough."""
    while sum(widths) > room:
        loose = [at for at, each in enumerate(widths) if each > least[at]]
        if not loose:
            return False
        widths[max(loose, key=lambda at: widths[at])] -= 1
    return True
