"""What the stories share: a company whose campaign has been started, and what its mails look like by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pivotr.domain.instants import local_day
from pivotr.ports.table import Item
from tests.simulation.promises import claimed_at
from tests.simulation.stage import SALES
from tests.simulation.world import Posted, World

KOLKATA = "Asia/Kolkata"


def utc(text: str) -> datetime:
    """`2026-11-23 04:00:00` as an instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(
    count: int,
    *,
    start: str = "2026-11-23 04:00:00",
    senders: tuple[str, ...] = (SALES,),
    sender: dict[str, Any] | None = None,
    settings: dict[str, Any] | None = None,
    announces: bool = True,
    begun: bool = True,
    **options: Any,
) -> tuple[World, str]:
    """A world whose provider answers at once, so that instants come out whole; one campaign, started.

    Monday, 23 November 2026, 09:30 in Kolkata, unless said otherwise.
    """
    world = World(utc(start).isoformat(), announces=announces)
    world.provider.takes = 0.0
    for key, value in (settings or {}).items():
        world.services.preferences.set(key, str(value))
    for address in senders:
        world.sender(address, **(sender or {}))
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.\n")
    world.leads(count)
    campaign = world.campaign(senders=senders, **options)
    if begun:
        world.services.transitions.start(campaign)
    return world, campaign


def beside(world: World, count: int, *, begun: bool = True, **options: Any) -> str:
    """A second campaign for other people."""
    world.leads(count, list_name="holi", prefix="q")
    campaign = world.campaign("Holi", **{"lists": ("holi",), **options})
    if begun:
        world.services.transitions.start(campaign)
    return campaign


def run_to(world: World, text: str) -> None:
    """Move the world on to an instant of UTC."""
    world.run(utc(text) - world.clock.now())


def claims(world: World, campaign: str = "") -> list[datetime]:
    """When the mails (of a campaign) were claimed, in order."""
    return sorted(
        claimed_at(posted.tags)
        for posted in world.provider.posted
        if not campaign or posted.tags["campaign"] == campaign
    )


def texts(instants: list[datetime]) -> list[str]:
    """Instants as `2026-11-23 04:00:00`, with their fraction only where there is one."""
    return [str(instant.replace(tzinfo=None)) for instant in instants]


def by_day(world: World, zone: str = KOLKATA, campaign: str = "") -> dict[str, int]:
    """Mails per calendar day."""
    return dict(Counter(local_day(at, zone) for at in claims(world, campaign)))


def bounds(world: World, zone: str = KOLKATA) -> dict[str, tuple[str, str]]:
    """First and last claim of each calendar day of a zone, as UTC."""
    found: dict[str, list[datetime]] = {}
    for at in claims(world):
        found.setdefault(local_day(at, zone), []).append(at)
    return {day: (texts(of_day)[0], texts(of_day)[-1]) for day, of_day in found.items()}


def mails_to(world: World, address: str) -> list[Posted]:
    """Mails that the provider took for an address."""
    return [posted for posted in world.provider.posted if posted.to == address]


def account_day(world: World, day: str) -> Item:
    """The account's counters of a day."""
    found: Item = world.table.get("metrics", ("ALL", day)) or {}
    return found


def first_times(times: int, answer: Any) -> Callable[[Any], Any]:
    """The provider says this so many times, then takes everything."""
    left = [times]

    def answers(mail: Any) -> Any:
        left[0] -= 1
        return answer if left[0] >= 0 else None

    return answers


def minutes(count: float) -> timedelta:
    """A span of minutes."""
    return timedelta(minutes=count)
