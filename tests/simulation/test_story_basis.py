"""Leads whose source and basis nobody knows get no mail, where the operator says so."""

from __future__ import annotations

import pytest

from pivotr.errors import InvalidInput
from tests.simulation.promises import check
from tests.simulation.world import World


def ready() -> tuple[World, str]:
    world = World()
    world.sender()
    world.template()
    world.leads(5)
    return world, world.campaign()


def test_a_start_is_refused() -> None:
    world, campaign = ready()
    world.setting("basis.required", True)
    world.clock.sleep(61)  # a change holds within a minute
    with pytest.raises(InvalidInput, match="nobody to write to.*5 without source or basis"):
        world.services.transitions.start(campaign)
    assert world.read_status(campaign) == "draft"


def test_those_who_come_later_are_left_out_and_counted() -> None:
    world, campaign = ready()
    world.services.transitions.start(campaign)
    world.setting("basis.required", True)
    world.clock.sleep(61)  # a change holds within a minute
    world.run_until_over(campaign)
    check(world)
    assert world.provider.posted == []
    assert world.read(campaign).enrol.left_out == {"no basis": 5}
