"""The only source of time, of waiting and of fresh chance."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Services ask once per operation and pass the instant down; the domain never sees a clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a simulation steps its clock instead."""
        ...

    def token(self) -> str:
        """64 fresh random bits as 16 hexadecimal characters; a simulation counts."""
        ...
