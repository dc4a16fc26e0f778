"""The alarm seam: one sentence to whoever looks after the account, by whatever way reaches them."""

from __future__ import annotations

from typing import Protocol


class Alarms(Protocol):
    """Tells an operator what has happened."""

    def tell(self, subject: str, text: str) -> None:
        """Tell it once; `subject` is one line. Raises Unavailable, Misconfigured."""
        ...
