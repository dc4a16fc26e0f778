"""Shares of a campaign's daily cap among its mailboxes: even on a fresh day, and never more than the cap.

On a day on which mails have left already the rest of the cap is what can be shared: a mailbox that came, left
or sent unevenly must not make the day longer for the others. A mailbox that cannot send lends its share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pivotr.domain.campaigns import split_cap


def shares_of_day(
    cap: int, senders: Sequence[str], used: Mapping[str, int], *, resting: Collection[str] = ()
) -> dict[str, int]:
    """Shares for the rest of a day: with all that has left, the cap of this day and of the next one holds.

    `used` counts the mails of the day by sender, also by those that have left; a share at or below what is
    used allows no more today. `resting` are shut or stopped: they keep what they have used, at least 1, and
    lend the rest. Raises InvalidInput for a cap below the number of senders.
    """
    wanted = _wanted(cap, senders, used, resting)
    lacks = {sender: max(0, wanted[sender] - used.get(sender, 0)) for sender in senders}
    room = max(0, cap - sum(used.values()))
    lacking = sum(lacks.values())
    if lacking <= room:
        return wanted
    given = {sender: room * lack // lacking for sender, lack in lacks.items()}
    rest = room - sum(given.values())
    for sender in sorted(senders, key=lambda one: given[one] - lacks[one])[:rest]:
        given[sender] += 1
    # never above what is wanted: the day may turn before anybody can move a share back
    return {sender: min(wanted[sender], used.get(sender, 0) + given[sender]) for sender in senders}


def _wanted(
    cap: int, senders: Sequence[str], used: Mapping[str, int], resting: Collection[str]
) -> dict[str, int]:
    even = split_cap(cap, tuple(senders))
    able = tuple(sender for sender in senders if sender not in resting)
    kept = {sender: max(1, used.get(sender, 0)) for sender in senders if sender in resting}
    rest = cap - sum(kept.values())
    if not kept or not able or rest < len(able):
        return even
    return {**kept, **split_cap(rest, able)}
