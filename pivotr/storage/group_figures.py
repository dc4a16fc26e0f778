"""Figures of a list and of a receiving domain: people written to, bounces, complaints.

Bounces and complaints are counters. People are counted only when one of those comes, and only as far as it
matters: no mail pays for it (docs/decisions/0016). Who was written to several times counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pivotr.domain.guard import Figures, Levels, decisive
from pivotr.ports.table import Table
from pivotr.storage import metrics
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics

#: Leads that are read together, and at most for one judgement.
_PAGE = 100
_MOST = 2500
#: Bad events of one group each of which is judged.
_EACH = 20


def of_list(table: Table, list_name: str, levels: Levels) -> Figures | None:
    """A list since it exists. Its people are counted until its bounces can be over no line any more.

    None: not every bounce of many is worth a count.
    """
    counted = _counted(table, metrics.list_partition(list_name), None)
    if not _is_worth_counting(counted):
        return None
    enough = decisive(counted, bounce_rate=levels.early_rate, complaint_rate=levels.complaint_stop)
    return _with_people(_of_list(table, list_name), counted, max(enough, levels.early_after))


def of_domain(table: Table, domain: str, levels: Levels, *, since: str) -> Figures | None:
    """A receiving domain: bounces and complaints since a day, people as for a list."""
    counted = _counted(table, metrics.domain_partition(domain), since)
    if not _is_worth_counting(counted):
        return None
    enough = decisive(counted, bounce_rate=levels.domain_rate, complaint_rate=0)
    return _with_people(_at(table, domain), counted, enough)


def _is_worth_counting(counted: Figures) -> bool:
    """Each of the first bad events, then one for every tenth that is added: the cost stays in proportion."""
    count = counted.bounced + counted.complained
    return count <= _EACH or count % (count // 10) == 0


def _counted(table: Table, partition: str, since: str | None) -> Figures:
    totals = Metrics(table).totals(partition, since=since, consistent=True)
    return Figures(0, totals["bounced"], totals["complained"])


def _with_people(pages: Iterable[list[bool]], counted: Figures, enough: int) -> Figures:
    people = read = 0
    for page in pages:
        people += sum(page)
        read += len(page)
        if people >= enough or read >= _MOST:
            break
    return Figures(people, counted.bounced, counted.complained)


def _of_list(table: Table, list_name: str) -> Iterator[list[bool]]:
    """Page by page in the order of enrolment: which members have been written to."""
    after = ""
    while page := Memberships(table).page(list_name, after=after, limit=_PAGE):
        yield [bool(lead and lead.mailed_at) for lead in Leads(table).get_many(page)]
        after = page[-1]


def _at(table: Table, domain: str) -> Iterator[list[bool]]:
    cursor: str | None = None
    while True:
        page = Leads(table).at_domain(domain, limit=_PAGE, cursor=cursor)
        yield [bool(item.get("mailed_at")) for item in page.items]
        if (cursor := page.cursor) is None:
            return
