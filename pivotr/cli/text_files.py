"""Text that a command takes from a file, and bytes that it writes into one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a UTF-8 file. Raises NotFound for a missing one, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput, NotFound

    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFound(f"There is no file “{path}”.", hint="Check the path.") from None
    except IsADirectoryError:
        raise InvalidInput(f"“{path}” is a directory, not a file.", hint="Name a text file.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"“{path}” is not UTF-8 text.", hint="Save it as UTF-8 and try again.") from None
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises NotFound for a missing one, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput, NotFound

    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no file “{path}”.", hint="Check the path.") from None
    except OSError as error:
        raise InvalidInput(
            f"“{path}” cannot be read: {error.strerror}.", hint="Check the path and its permissions."
        ) from None


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file. Raises InvalidInput where that cannot be done."""
    with whole_file(path) as partial:
        partial.write_bytes(data)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, readable for its owner, that takes its place when all of it is written.

    What is no file, such as a pipe or /dev/null, is written itself: a file in its place would be its end.
    Raises InvalidInput where that cannot be done.
    """
    from pivotr.errors import InvalidInput

    partial = path.with_name(f".{path.name}.part")
    try:
        if path.exists() and not path.is_file():
            yield path
            return
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
