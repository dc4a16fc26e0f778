"""The log, entry by entry, as what is counted: which kind, of which lead, mailbox and step.

Counters know days and campaigns only; everything finer is read from here. Entries of one mail stand beside
each other and some of them leave things out that others say.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from pivotr.domain.campaigns import Campaign
from pivotr.ports.table import Item, Table
from pivotr.storage import log
from pivotr.storage.log import Log
from pivotr.storage.metrics import KINDS


class Counted(NamedTuple):
    """One thing that happened; empty or 0 is what no entry says."""

    kind: str
    lead: str
    sender: str
    step: int


def counted(table: Table, campaign: Campaign, *, since: str = "") -> Iterator[Counted]:
    """Everything that a campaign's counters count, from a day (in its zone) on.

    What belongs to no mail, such as a reply, is told with the mailbox and step of the lead's last mail.
    """
    last: dict[str, tuple[str, int]] = {}
    entries = Log(table).of_campaign(campaign.id)
    for mail, group in groupby(entries, key=lambda entry: str(entry["timestamp"]).partition("#")[0]):
        items = [entry for entry in group if entry["kind"] in KINDS]
        if not items:
            continue
        lead, sender, step = _facts(items)
        if sender:
            last[lead] = (sender, step)
        else:
            sender, step = last.get(lead, ("", 0))
        if since and log.day_of_key(mail, campaign.zone) < since:
            continue
        for item in items:
            yield Counted(item["kind"], lead, sender, step)


def _facts(items: list[Item]) -> tuple[str, str, int]:
    """Lead, mailbox and step of the entries of one mail."""
    lead = next((str(item["leadId"]) for item in items if item.get("leadId")), "")
    sender = next((str(item["sender"]) for item in items if item.get("sender")), "")
    return lead, sender, next((int(item["step"]) for item in items if item.get("step")), 0)
