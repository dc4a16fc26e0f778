"""Erasing a person on request: what says who they are goes from lead, log, lists and waiting rows.

What stays tells nothing without the secret key: the id of the lead as an empty tombstone that says which
campaigns have had it, and the suppression. Both keep the person from being written to again. Counters stay.
"""

from __future__ import annotations

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.leads import lead_id
from pivotr.domain.reports import ErasureReport
from pivotr.domain.suppression import key_of_lead
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Change, ConditionFailed, Equals, Path, Table
from pivotr.storage import log, staged, suppressions, transactions
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.memberships import Memberships
from pivotr.storage.open_replies import OpenReplies
from pivotr.storage.recent import Recent
from pivotr.storage.reviving import PERSONAL
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.stopping import stop

#: What an entry of the log keeps: which mail, what kind, when, by which mailbox and template; no text about
#: the person.
KEPT = frozenset(
    {
        "campaignId", "timestamp", "kind", "at", "leadId", "sender", "step", "template", "version", "variant",
        "digest", "message_id", "mail_id", "thread", "event_at", "by", "actor", "import_id", "v",
    }
)  # fmt: skip
#: What a tombstone loses beyond what every deleted lead loses: the words of a receiving server.
_TEXTS: tuple[Path, ...] = (*PERSONAL, "reason")


class Erasing:
    """Erases persons."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._leads = Leads(table)
        self._memberships = Memberships(table)
        self._log = Log(table)

    def erase(self, address: str, *, actor: str = "") -> ErasureReport:
        """Erase a person by address or id; saying it twice is fine.

        An event that comes later writes nothing about the person. Raises NotFound where nothing is known.
        """
        text = address.strip()
        email = judge(text).normalized or text.lower() if "@" in text else ""
        key = lead_id(self._key, email) if email else text
        lead = self._leads.get(key, consistent=True)
        entries = self._log.of_lead(key)
        suppression = self._table.get(names.SUPPRESSIONS, (key_of_lead(key),), consistent=True)
        rows = [row for row in staged.every(self._table) if lead_id(self._key, row.email) == key]
        if lead is None and not entries and suppression is None and not rows:
            raise NotFound(f"Nothing is known about “{address}”.", hint="See all with: pivotr leads list")
        lists = self._memberships.of_lead(key)
        if lead is not None:
            self._empty_lead(key, actor)
        for name in lists:
            removal = self._memberships.removal(name, key)
            self._table.delete(removal.table, removal.key)
        for row in rows:
            removal = staged.removal(row.id)
            self._table.delete(removal.table, removal.key)
        OpenReplies(self._table).forget(key)
        if suppression is not None:
            self._empty_suppression(key_of_lead(key))
        erased = sum(self._empty_entry(entry) for entry in self._log.of_lead(key))
        email = email or (lead.email if lead else "")
        erased += sum(self._empty_entry(entry) for entry in self._naming(email))
        self._note(key, actor)
        return ErasureReport(
            lead=key,
            was_lead=lead is not None and lead.status != "deleted",
            lists=len(lists),
            entries=erased,
            staged=len(rows),
            is_suppressed=suppression is not None,
            is_open=lead is not None and lead.claim is not None,
        )

    def _empty_lead(self, key: str, actor: str) -> None:
        stop(
            self._table, key, "deleted", clock=self._clock, recent=self._recent, kind="deleted", actor=actor,
            remove=PERSONAL,
        )  # fmt: skip
        try:
            change = Change(remove=_TEXTS)
            self._table.update(names.LEADS, (key,), change, condition=Equals("status", "deleted"))
        except ConditionFailed:  # it came back with an import at this very moment: a new lead, not this one
            return

    def _empty_suppression(self, key: str) -> None:
        write = suppressions.anonymous(key)
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            return

    def _naming(self, email: str) -> list[dict[str, object]]:
        """Entries of the account that belong to no lead but name the address: kept events, suppressions."""
        if not email:
            return []
        return [
            entry
            for entry in self._log.of_campaign(ACCOUNT)
            if any(isinstance(text, str) and email in text.lower() for text in entry.values())
        ]

    def _empty_entry(self, entry: dict[str, object]) -> bool:
        texts = sorted(set(entry) - KEPT)
        if texts:
            self._table.erase(names.LOGS, (str(entry["campaignId"]), str(entry["timestamp"])), texts)
        return bool(texts)

    def _note(self, key: str, actor: str) -> None:
        now = self._clock.now()
        at = log.plain_key(now, self._clock.token(), key, "erased")
        entry = log.entry(ACCOUNT, at, "erased", at=now, lead=key, actor=actor)
        transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)
