"""Lines in, lines out: text files with one value a line, and JSON documents one a line."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pivotr.cli.console import Console


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, blank ones too; `-` is stdin. UTF-8, or UTF-16 with its
    mark; bytes that are neither become marks.

    Raises NotFound for a missing file, InvalidInput for what is none.
    """
    if str(path) == "-":
        yield from _lines(sys.stdin.buffer)
        return
    with open_file(path) as file:
        yield from _lines(file)


def open_file(path: Path) -> Any:
    """A file opened for reading bytes. Raises NotFound for a missing one, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput, NotFound

    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"There is no file “{path}”.", hint="Check the path.") from None
    except IsADirectoryError:
        raise InvalidInput(f"“{path}” is a directory, not a file.", hint="Name a file in it.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            f"“{path}” cannot be read: {why}.", hint="Check the path and its permissions."
        ) from None


def values_of(given: Sequence[str] | None, file: Path | None, what: str) -> Iterator[str]:
    """The arguments, then the lines of the file. Raises InvalidInput where there is neither."""
    if not given and file is None:
        from pivotr.errors import InvalidInput

        raise InvalidInput(f"No {what} was given.", hint="Write it behind the command, or use --file FILE.")
    yield from given or ()
    if file is not None:
        yield from lines_of(file)


def assignments(
    texts: Sequence[str] | None, option: str, *, example: str = "Name=some value"
) -> dict[str, str]:
    """`Name=value` options as a dict. Raises InvalidInput."""
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            from pivotr.errors import InvalidInput

            raise InvalidInput(f"“{text}” is not {option} Name=value.", hint=f'{option} "{example}"')
        found[name.strip()] = value
    return found


def write_json(out: Console, value: Any) -> None:
    """One JSON document on one line of stdout."""
    out.stdout.write(json_line(value, out.stdout.encoding) + "\n")


def json_line(value: Any, encoding: str | None = None) -> str:
    """A value as one line of JSON that the encoding can hold, and one for whatever splits it into lines."""
    text = json.dumps(value, ensure_ascii=False)
    text = text.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True)
    return text


def _lines(file: Any) -> Iterator[str]:
    if file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):  # "Unicode text" of Excel and Notepad
        yield from _lines_in_utf16(file)
        return
    for number, line in enumerate(file):
        raw = line.removesuffix(b"\n").removesuffix(b"\r")
        text = (raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw).decode("utf-8", "replace")
        yield text


def _lines_in_utf16(file: Any) -> Iterator[str]:
    rest = ""
    for text in codecs.iterdecode(iter(lambda: file.read(1 << 16), b""), "utf-16", "replace"):
        *lines, rest = (rest + text).split("\n")
        yield from (line.removesuffix("\r") for line in lines)
    if rest:
        yield rest
