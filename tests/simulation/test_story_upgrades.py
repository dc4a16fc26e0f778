"""A data file that several versions have written: what one does not know, it neither loses nor misreads."""

from __future__ import annotations

import pytest

from pivotr import names
from pivotr.errors import Misconfigured
from pivotr.ports.table import Change
from pivotr.storage.schema import SCHEMA_VERSION
from tests.simulation.promises import check
from tests.simulation.stage import SALES, lane
from tests.simulation.story import minutes, told
from tests.simulation.world import bounce_event

LATER = {"of_a_later_version": {"n": 1}}


def test_attributes_of_a_later_version_outlive_a_whole_campaign() -> None:
    """Enrolment, verdict, claim, record, follow-up, bounce, corrections and edits change what they name."""
    world, campaign = told(3, gap="60", steps=("intro", "nudge+0d"))
    profile = f"{lane(world, SALES).id}#profile"
    places = [(names.CAMPAIGNS, campaign), (names.SENDERS, lane(world, SALES).id), (names.SENDERS, profile)]
    places += [(names.LEADS, lead.id) for lead in world.all_leads()]
    for table, key in places:
        world.table.update(table, (key,), Change(set=dict(LATER)))
    world.run(minutes(2))
    lead = world.all_leads()[0]
    world.services.leads.update(lead.email, company="Kaveri Mills", actor="asha")
    world.services.campaigns.update(campaign, cap=200, actor="asha")
    world.services.senders.update(SALES, signature="Ravi")
    world.feedback(bounce_event(world.provider.posted[0]))
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 2, "bounced": 1}
    for table, key in places:
        item = world.table.get(table, (key,), consistent=True)
        assert item is not None
        assert {name: item.get(name) for name in LATER} == LATER, (table, key)


@pytest.mark.parametrize("table", [names.LEADS, names.CAMPAIGNS, names.SENDERS])
def test_a_record_in_a_form_of_a_later_version_is_not_guessed_at(table: str) -> None:
    world, campaign = told(2, begun=False)
    key = {
        names.LEADS: world.all_leads()[0].id,
        names.CAMPAIGNS: campaign,
        names.SENDERS: lane(world, SALES).id,
    }[table]
    world.table.update(table, (key,), Change(set={"v": SCHEMA_VERSION + 1}))

    def start_and_send() -> None:
        world.services.transitions.start(campaign)
        world.run(minutes(5))

    with pytest.raises(Misconfigured, match=f"has the form {SCHEMA_VERSION + 1}"):
        start_and_send()
    assert world.provider.posted == []
