"""A place for files that are too large for a request: put, fetched, or filled by others through a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class UploadForm:
    """How one file gets there: a POST of `fields` and then `file` to `url`, until it expires."""

    url: str
    fields: Mapping[str, str]
    expires_seconds: int
    largest_bytes: int


class Files(Protocol):
    """Files by key. Raises Unavailable, NoAnswer, Misconfigured."""

    def form(self, key: str, *, largest_bytes: int, expires_seconds: int) -> UploadForm:
        """A form with which anybody may put this one file."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep a file, in place of what was there."""
        ...

    def fetch(self, key: str, into: BinaryIO) -> None:
        """Write the file into another. Raises NotFound."""
        ...
