"""Small campaigns that the crash matrix and the pairs of faults run, over and over."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.simulation.faults import Point, Script
from tests.simulation.promises import check
from tests.simulation.world import World

#: With these addresses the draw gives each of the two senders one lead.
PREFIX = "s"
Scenario = Callable[[World], list[str]]


def two_senders_two_steps(world: World) -> list[str]:
    """One campaign, two mailboxes, a follow-up on the same day."""
    world.sender("a@acme.example")
    world.sender("b@acme.example")
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.")
    world.leads(2, prefix=PREFIX)
    return [
        world.campaign(
            senders=("a@acme.example", "b@acme.example"),
            steps=("intro", "nudge+0d"),
            window="daily 09:30-09:55 Asia/Kolkata",
            gap="60-120",
        )
    ]


def two_campaigns_one_sender(world: World) -> list[str]:
    """Two campaigns take turns on one mailbox."""
    world.sender()
    world.template()
    world.leads(2)
    world.leads(2, list_name="holi", prefix="q")
    return [
        world.campaign(window="daily 09:30-10:30 Asia/Kolkata", gap="60-120"),
        world.campaign("Holi", lists=("holi",), window="daily 09:30-10:30 Asia/Kolkata", gap="60-120"),
    ]


SCENARIOS: dict[str, Scenario] = {
    "two senders, two steps": two_senders_two_steps,
    "two campaigns, one sender": two_campaigns_one_sender,
}
START = "2026-11-23T04:00:00+00:00"


def play(name: str, points: tuple[Point, ...] = ()) -> World:
    """Run a scenario with faults to its quiet end and check every promise there."""
    script = Script(points, armed=False)
    world = World(START, script=script)
    campaigns = SCENARIOS[name](world)
    script.armed = True
    world.services = world.connect()
    for campaign in campaigns:
        start(world, campaign)
    world.run(timedelta(days=4), until=lambda: all(world.is_over(campaign) for campaign in campaigns))
    script.armed = False
    world.services = world.connect()
    words = [f"'{point.call}:{point.fault}'" for point in points]
    replay = " ".join((python(), "-m", "tests.simulation.replay", f"'{name}'", *words))
    try:
        assert all(world.is_over(campaign) for campaign in campaigns), "P2: the campaign never ends"
        world.run(timedelta(minutes=30))
        check(world)
        ends(world)
    except AssertionError as broken:
        raise AssertionError(f"{broken}\n{script.hit}\nreplay: {replay}") from broken
    return world


def python() -> str:
    """The interpreter of these tests, as it is called from the folder of the project."""
    return str(Path(os.path.relpath(sys.executable)))


def start(world: World, campaign: str) -> None:
    """An operator starts a campaign and says it again while it has not worked."""
    for _ in range(3):
        world.guarded(lambda: world.services.transitions.start(campaign))
        if world.read_status(campaign) != "draft":
            return


def ends(world: World) -> None:
    """At the end nobody waits, every mail that left is recorded, doubt remains only where nothing came."""
    posted = {(p.tags["lead"], p.tags["step"]) for p in world.provider.posted}
    recorded = {
        (entry["leadId"], str(entry["step"])) for entry in world.items("logs") if entry["kind"] == "sent"
    }
    assert posted == recorded, f"P3: mails {posted - recorded} are not recorded"
    for lead in world.all_leads():
        assert lead.status in ("sent", "unconfirmed"), f"P2: {lead.status} of {lead.email} {lead.reason}"
        if lead.status == "unconfirmed":
            assert (lead.id, str(lead.step)) not in posted, "P3: evidence did not settle a doubt"
