"""Alarms: what stands still, told once.

They follow from what is stored, not from the moment at which it was written: the heartbeat compares what
stands still with what it has told, so that no crash between a stop and its alarm loses one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pivotr import names
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import from_text
from pivotr.domain.lanes import Lane
from pivotr.errors import PivotrError
from pivotr.ports.alarms import Alarms
from pivotr.ports.table import Item, Table
from pivotr.storage import stops
from pivotr.storage.recent import Recent
from pivotr.storage.settings import SettingsStore
from pivotr.storage.stops import Stops
from pivotr.storage.work import Work

_log = logging.getLogger(__name__)

_TOLD = "alarms"
_KEPT_DAYS = 3650
#: A receiving domain that refuses is news for the days over which it is judged.
_DOMAIN_DAYS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to tell; `mark` changes when the same thing happens again."""

    key: str
    mark: str
    subject: str
    text: str


class Alarming:
    """Tells what is new."""

    def __init__(self, *, table: Table, alarms: Alarms | None, recent: Recent) -> None:
        self._table = table
        self._alarms = alarms
        self._recent = recent
        self._work = Work(table)

    def run(self, campaigns: Iterable[Campaign], lanes: Iterable[Lane], now: datetime) -> int:
        """Tell every stop and warning that has not been told; returns how many those were.

        What cannot be told now is tried again at the next heartbeat.
        """
        noted = Stops(self._table).all()
        self._forget_old_domains(noted, now)
        if self._alarms is None:
            return 0
        found = {one.key: one for one in self._situation(noted, campaigns, lanes)}
        known = (self._work.get(_TOLD) or {}).get("told", {})
        told = {key: mark for key, mark in known.items() if key in found}
        count = 0
        for one in found.values():
            if told.get(one.key) == one.mark:
                continue
            try:
                self._alarms.tell(one.subject, one.text)
            except PivotrError as error:
                _log.warning("alarm not raised: %s", error.sentence)
                continue
            told[one.key] = one.mark
            count += 1
        if told != known:
            self._work.save(_TOLD, {"told": told}, now=now, days=_KEPT_DAYS)
        return count

    def _situation(
        self, noted: dict[str, Item], campaigns: Iterable[Campaign], lanes: Iterable[Lane]
    ) -> list[Alarm]:
        guard = SettingsStore(self._table).guard()
        causes: set[str] = set()
        found: list[Alarm] = []
        if guard.get("tripped"):
            reason = str(guard.get("reason", ""))
            causes.add(f"guard: {reason}")
            found.append(
                Alarm("guard", str(guard.get("at", "")), "Pivotr has stopped all sending", _of_guard(reason))
            )
        for key, item in noted.items():
            reason = str(item.get("reason", ""))
            causes.add(f"guard: {reason}")
            found.append(Alarm(key, str(item.get("at", "")), *_of_note(key, reason)))
        for lane in lanes:
            if lane.stopped:
                profile = self._recent.profile(lane.id)
                address = profile.address if profile else lane.id
                subject = f"Pivotr has stopped {address}"
                found.append(
                    Alarm(f"sender#{lane.id}", lane.stopped, subject, _of_sender(address, lane.stopped))
                )
        for campaign in campaigns:
            if campaign.is_stopped and campaign.reason not in causes:
                subject = f"Pivotr has paused “{campaign.name}”"
                mark = f"{campaign.rev} {campaign.reason}"
                found.append(Alarm(f"campaign#{campaign.id}", mark, subject, _of_campaign(campaign)))
        return found

    def _forget_old_domains(self, noted: dict[str, Item], now: datetime) -> None:
        old = [
            key
            for key, item in noted.items()
            if key.startswith(stops.domain_key("")) and now - from_text(str(item["at"])) > _DOMAIN_DAYS
        ]
        if old:
            write = stops.lift(old)
            self._table.update(names.SETTINGS, write.key, write.change)
            for key in old:
                del noted[key]


def _of_guard(reason: str) -> str:
    return (
        f"{reason}\n\nNo mail of any campaign leaves any more. Find the cause before you go on:\n"
        "  pivotr metrics show\n  pivotr metrics show --by list\n  pivotr metrics show --by domain\n"
        "Then: pivotr campaign resume ID --acknowledge\n"
    )


def _of_note(key: str, reason: str) -> tuple[str, str]:
    kind, _, name = key.partition("#")
    if kind == "list":
        text = f"{reason}\n\nCampaigns that draw from this list are paused; others go on.\n"
        return f"Pivotr has stopped the list {name}", (
            f"{text}Check its addresses: pivotr leads verify --list {name}\n"
            "Then: pivotr campaign resume ID --acknowledge\n"
        )
    if kind == "domain":
        return f"{name} refuses mails", (
            f"{reason}\n\nNothing was stopped. Look at it: pivotr leads list --domain {name}\n"
            f"Write there no more: pivotr suppress add @{name}\n"
        )
    return "The mail provider restricts this account", (
        f"{reason}\n\nRead what the provider writes to the owner of the account, and answer there.\n"
    )


def _of_sender(address: str, reason: str) -> str:
    return (
        f"{reason}\n\nOther mailboxes go on. When it is mended: "
        f"pivotr sender resume {address} --acknowledge\n"
    )


def _of_campaign(campaign: Campaign) -> str:
    return (
        f"{campaign.reason}\n\nOther campaigns go on. When it is mended: "
        f"pivotr campaign resume {campaign.id} --acknowledge\n"
    )
