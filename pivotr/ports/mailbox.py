"""The mailbox seam: mails that came in, read and left as they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fetched:
    """Raw mails, oldest first, and the cursor behind them; `has_more` when a limit cut them short."""

    mails: tuple[bytes, ...]
    cursor: str
    has_more: bool = False


class Mailbox(Protocol):
    """One folder of mails."""

    def fetch(self, cursor: str, *, since: datetime, limit: int) -> Fetched:
        """Mails that came after the cursor; with an empty one those that came since an instant.

        At most `limit`, and of each no more than its first quarter of a megabyte. Changes nothing there, not
        even what is marked as read. The same mail may come twice. Raises Unavailable, Misconfigured.
        """
        ...
