"""The log: append-only, one entry per event and mail; all entries of one mail share the prefix `{attempt}#`.

So record, provider event and heartbeat collide on the same key, in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.instants import from_compact, local_day, to_compact, to_text
from pivotr.ports.table import Absent, Between, Check, Item, Put, Table
from pivotr.storage.schema import ACCOUNT, LEAD_INDEX, MESSAGE_INDEX, SCHEMA_VERSION

#: Kinds that prove that the provider took the mail.
EVIDENCE = ("delivered", "bounced", "complained", "transient")


def entry(campaign: str, key: str, kind: str, *, at: datetime, lead: str = "", **facts: Any) -> Put:
    """One new entry; `facts` that are empty are left out. Never replaces an entry."""
    item: Item = {"campaignId": campaign, "timestamp": key, "kind": kind, "at": to_text(at)}
    if lead:
        item["leadId"] = lead
    item |= {name: value for name, value in facts.items() if value not in ("", None, (), frozenset())}
    return Put(names.LOGS, {**item, "v": SCHEMA_VERSION}, Absent("timestamp"))


def acknowledgement(at: datetime, token: str, *, actor: str, reason: str) -> Put:
    """That an operator lets go on what the guard or the provider had stopped."""
    key = plain_key(at, token, "guard", "acknowledged")
    return entry(ACCOUNT, key, "acknowledged", at=at, actor=actor, reason=reason)


def mail_key(attempt: str, kind: str) -> str:
    """Key of an entry about one mail, once per kind."""
    return f"{attempt}#{kind}"


def plain_key(at: datetime, token: str, lead: str, kind: str) -> str:
    """Key of an entry that belongs to no mail."""
    return f"{to_compact(at)}-{token}#{lead}#{kind}"


def day_of_key(key: str, zone: str) -> str:
    """The day, in a zone, on whose counters an entry with this key counts."""
    return local_day(from_compact(key.partition("-")[0]), zone)


def no_evidence(campaign: str, attempt: str) -> list[Check]:
    """Checks that no event of the provider about this mail is known."""
    return [Check(names.LOGS, (campaign, mail_key(attempt, kind)), Absent("timestamp")) for kind in EVIDENCE]


class Log:
    """Reads of the log."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def has(self, campaign: str, key: str) -> bool:
        """True when this entry exists."""
        return self.get(campaign, key) is not None

    def get(self, campaign: str, key: str) -> Item | None:
        """One entry, read consistently."""
        return self._table.get(names.LOGS, (campaign, key), consistent=True)

    def of_mail(self, campaign: str, attempt: str) -> list[Item]:
        """All entries of one mail."""
        between = Between(f"{attempt}#", f"{attempt}#~")
        return self._table.query(names.LOGS, campaign, between=between, consistent=True).items

    def of_lead(self, lead: str) -> list[Item]:
        """Every entry that names the lead, oldest first, with the deliveries of its mails."""
        keys: list[tuple[str, str]] = []
        cursor: str | None = None
        while True:
            page = self._table.query(names.LOGS, lead, index=LEAD_INDEX, cursor=cursor)
            keys += [(item["campaignId"], item["timestamp"]) for item in page.items]
            if (cursor := page.cursor) is None:
                break
        mails = {(campaign, key.partition("#")[0]) for campaign, key in keys if key.endswith("#sent")}
        keys += [(campaign, mail_key(attempt, "delivered")) for campaign, attempt in sorted(mails)]
        found: list[Item] = []
        for start in range(0, len(keys), 100):
            wanted = [(names.LOGS, key) for key in keys[start : start + 100]]
            found += [item for item in self._table.get_many(wanted) if item]
        return sorted(found, key=lambda item: (item["at"], item["timestamp"]))

    def of_campaign(
        self, campaign: str, *, since: str | None = None, until: str | None = None
    ) -> Iterator[Item]:
        """Every entry of a campaign (or of the account) in key order."""
        cursor: str | None = None
        while True:
            page = self._table.query(
                names.LOGS, campaign, between=Between(since, until), cursor=cursor, consistent=True
            )
            yield from page.items
            if (cursor := page.cursor) is None:
                return

    def of_message(self, message_id: str) -> Item | None:
        """The `sent` entry of the mail with this provider id; the index may lag behind."""
        items = self._table.query(names.LOGS, message_id, index=MESSAGE_INDEX, limit=1).items
        if not items:
            return None
        return self._table.get(names.LOGS, (items[0]["campaignId"], items[0]["timestamp"]))
