"""Text that a command takes from a file, and bytes that it writes into one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pivotr.errors import InvalidInput


def read_text(path: Path) -> str:
    """The text of a UTF-8 file. Raises NotFound for a missing one, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput, NotFound

    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"There is no file “{path}”.", hint="Check the path.") from None
    except IsADirectoryError:
        raise directory(path) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"“{path}” is not UTF-8 text.", hint="Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from None


def directory(path: Path) -> InvalidInput:
    """The error for a folder where a file should be; a path made of an empty name is this very folder."""
    from pivotr.errors import InvalidInput

    hint = "Name a file; an empty name means this folder." if path == Path() else "Name a file in it."
    return InvalidInput(f"“{path}” is a directory, not a file.", hint=hint)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises NotFound for a missing one, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput, NotFound

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file “{path}”.", hint="Check the path.") from None
    except IsADirectoryError:
        raise directory(path) from None
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file. Raises InvalidInput where that cannot be done."""
    from pivotr.errors import InvalidInput

    try:
        path.write_bytes(data)
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be written: {error.strerror}.", hint="Check the path and its permissions."
        ) from None


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, readable for its owner, that takes its place when all of it is written.

    Raises InvalidInput where that cannot be done.
    """
    from pivotr.errors import InvalidInput

    partial = path.with_name(f".{path.name}.part")
    try:
        partial.touch(mode=0o600)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be written: {error.strerror or error}.",
            hint="Check the path and its permissions.",
        ) from None
    finally:
        partial.unlink(missing_ok=True)
