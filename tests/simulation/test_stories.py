"""First stories: whole campaigns under a stepped clock, with the real handlers."""

from __future__ import annotations

from datetime import timedelta

from tests.simulation.promises import check
from tests.simulation.world import World


def test_two_hundred_leads_over_several_days_inside_window_and_cap() -> None:
    world = World()
    world.sender()
    world.template()
    world.leads(200)
    campaign = world.campaign(cap=80)
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    totals = world.totals(campaign)
    assert totals["sent"] == totals["delivered"] == 200
    assert world.statuses() == {"sent": 200}
    assert len({posted.to for posted in world.provider.posted}) == 200
