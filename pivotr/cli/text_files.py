"""Text that a command takes from a file, and bytes that it writes into one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pivotr.cli.line_files import open_file


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, its line ends as \\n. Raises NotFound, InvalidInput for anything else."""
    from pivotr.errors import InvalidInput

    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"“{path}” is not UTF-8 text.", hint="Save it as UTF-8 and try again.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises NotFound for a missing one, InvalidInput for anything else."""
    with open_file(path) as file:
        return bytes(file.read())


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
