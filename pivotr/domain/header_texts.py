"""Header fields as bytes on the wire: RFC 5322 folding, RFC 2047 encoded words, names beside addresses.

Written out here, not taken from the standard library: its folding differs between releases, and a mail
must be the same bytes wherever it is rendered.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from pivotr.domain.texts import one_line
from pivotr.errors import InvalidInput

#: RFC 5322, 2.1.1: a line should have at most 78 characters; RFC 2047, 2: at most 76.
LINE = 76
#: RFC 2047, 2: an encoded word has at most 75 characters, 12 of them for `=?utf-8?b?` and `?=`.
_WORD_BYTES = (75 - 12) // 4 * 3

_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_PRINTABLE = re.compile(r"[ -~]*")
#: RFC 5321 lengths; the shape is that of a dot-atom and of a host name. Whether mail arrives is not asked.
_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+>")


def unstructured(name: str, value: str) -> str:
    """`Name: value`, folded, for free text such as a subject; anything that is not plain ASCII is encoded."""
    text = one_line(value)
    if _is_plain(text, LINE - 2):
        return _folded(f"{name}:", text.split(" "))
    return _folded(f"{name}:", _encoded_words(text, LINE - len(name) - 2))


def mailboxes(name: str, people: Iterable[tuple[str, str]]) -> str:
    """`Name: "A. B." <a@x.example>, …`, folded, from pairs of name and address. Raises InvalidInput."""
    people = list(people)
    tokens: list[str] = []
    for number, (display, address) in enumerate(people, 1):
        comma = "," if number < len(people) else ""
        phrase = _phrase(one_line(display), LINE - len(name) - 2)
        spec = checked_address(address)
        tokens += [*phrase, f"<{spec}>{comma}" if phrase else f"{spec}{comma}"]
    return _folded(f"{name}:", tokens)


def tokens(name: str, words: Iterable[str]) -> str:
    """`Name: word word …`, folded between the words, which must be printable ASCII without blanks already."""
    return _folded(f"{name}:", list(words))


def checked_address(address: str) -> str:
    """The address, if it can stand in a header as it is. Raises InvalidInput."""
    local, _, _ = address.rpartition("@")
    if _ADDRESS.fullmatch(address) is None or len(local) > 64:
        raise InvalidInput(
            f"“{one_line(address)[:80]}” cannot be written to: it is not a plain mail address.",
            hint="See `pivotr leads check-email`.",
        )
    return address


def checked_message_id(text: str) -> str:
    """A message id in angle brackets, which are added where they lack. Raises InvalidInput."""
    wrapped = text if text.startswith("<") else f"<{text}>"
    if len(wrapped) > 250 or _MESSAGE_ID.fullmatch(wrapped) is None:
        raise InvalidInput(
            f"“{one_line(text)[:80]}” is not a message id.", hint="It has the form <left@domain>."
        )
    return wrapped


def _is_plain(text: str, longest_word: int) -> bool:
    """True where the text may stand as it is and can be folded between its words."""
    is_ascii = _PRINTABLE.fullmatch(text) is not None and "=?" not in text
    return is_ascii and all(len(word) <= longest_word for word in text.split(" "))


def _phrase(display: str, first_room: int) -> list[str]:
    """A display name as words for a header: bare, quoted or encoded; none for an empty name."""
    if not display:
        return []
    if not _is_plain(display, 60) or len(display) > 60:
        return _encoded_words(display, first_room)
    if _PHRASE.fullmatch(display):
        return display.split(" ")
    escaped = display.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{escaped}"']


def _encoded_words(text: str, first_room: int) -> list[str]:
    """RFC 2047 words of base64, none of which splits a character; the first fits behind the header's name."""
    words: list[str] = []
    piece, room = b"", min(_WORD_BYTES, max(3, (first_room - 12) // 4 * 3))
    for character in text:
        encoded = character.encode()
        if piece and len(piece) + len(encoded) > room:
            words.append(_encoded_word(piece))
            piece, room = b"", _WORD_BYTES
        piece += encoded
    return [*words, _encoded_word(piece)]


def _encoded_word(piece: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(piece).decode()}?="


def _folded(start: str, words: list[str]) -> str:
    """Words with single blanks between them, broken before a word that would make a line too long."""
    lines = [start]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > LINE and lines[-1].strip() and lines[-1] != start:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines)
