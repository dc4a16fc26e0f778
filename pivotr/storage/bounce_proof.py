"""The proof that bounces by mail reach us: the mailbox that they come back to has been read."""

from __future__ import annotations

from pivotr.domain.bounce_paths import BouncePath
from pivotr.ports.table import Table
from pivotr.storage.work import Work

#: Work item with `proven_at`, `seen_at`, `bounced_at`; written by who reads the mailbox.
BOUNCE_PATH = "bounce-path"


def sees_bounces(table: Table, path: BouncePath) -> bool:
    """True where bounces are announced, or where the mailbox has been read."""
    if path != "mailbox":
        return path == "events"
    return bool((Work(table).get(BOUNCE_PATH) or {}).get("proven_at"))
