"""Lines in, lines out: text files with one value a line, and JSON documents one a line."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pivotr.cli.console import Console
    from pivotr.errors import InvalidInput


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a text file, blank ones too; `-` is stdin. UTF-8, UTF-16 with its mark, and
    Windows-1252 for a line that is no UTF-8.

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
        raise _directory(path) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(
            f"“{path}” cannot be read: {why}.", hint="Check the path and its permissions."
        ) from None


def _directory(path: Path) -> InvalidInput:
    """The error for a folder where a file should be; a path made of an empty name is this very folder."""
    from pivotr.errors import InvalidInput

    hint = "Name a file; an empty name means this folder." if path == Path() else "Name a file in it."
    return InvalidInput(f"“{path}” is a directory, not a file.", hint=hint)


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
    first = file.readline()
    _refuse_workbook(first)
    if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text = (first + file.read()).decode("utf-16", "replace")
        yield from (line.removesuffix("\r") for line in text.removesuffix("\n").split("\n"))
        return
    for raw in chain((first.removeprefix(BOM_UTF8),) if first else (), file):
        yield _text(raw.removesuffix(b"\n").removesuffix(b"\r"))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _refuse_workbook(head: bytes) -> None:
    from pivotr.domain.lead_files.detection import kind_of

    if kind_of(head) == "workbook":
        from pivotr.errors import InvalidInput

        raise InvalidInput("The file is a workbook, not a text file.", hint="Save it as text, one a line.")
