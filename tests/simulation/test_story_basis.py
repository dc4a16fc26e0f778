"""Leads whose source and basis nobody knows stay out, where the operator says so."""

from __future__ import annotations

from tests.simulation.promises import check
from tests.simulation.world import World


def test_leads_without_source_or_basis_are_left_out_and_counted() -> None:
    world = World()
    world.sender()
    world.template()
    world.setting("basis.required", True)
    world.leads(5)
    campaign = world.campaign()
    world.services.transitions.start(campaign)
    world.run_until_over(campaign)
    check(world)
    assert world.provider.posted == []
    assert world.read(campaign).enrol.left_out == {"no basis": 5}
