"""Suppressions: who is never written to, and what lifting them means."""

from __future__ import annotations

import pytest

from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.storage import suppressions
from tests.services.house import House

THREE = "email\nasha@rao.example\nother@rao.example\nv@singh.example\n"


def test_an_address_is_suppressed_and_its_lead_stopped_at_once(house: House) -> None:
    house.take(THREE)
    campaign = house.campaign()
    house.start(campaign)
    suppression, stopped = house.services.suppressions.add(
        " Asha@Rao.example", source="letter", actor="meena"
    )
    assert (suppression.reason, suppression.email, stopped) == ("operator", "asha@rao.example", 1)
    lead = house.lead("asha@rao.example")
    assert (lead.status, lead.due, lead.reason) == ("unsubscribed", None, "suppressed: operator")
    assert house.services.suppressions.add("asha@rao.example") == (suppression, 0)
    totals = house.services.metrics.campaign(campaign.id).totals
    assert (totals["suppressed"], totals["finished"]) == (1, 1)


def test_a_domain_is_suppressed_with_all_its_leads_and_those_to_come(house: House) -> None:
    house.take(THREE)
    _, stopped = house.services.suppressions.add("@RAO.example")
    assert stopped == 2
    assert house.services.recent.suppressed_domains() == {"rao.example"}
    assert house.services.suppressions.check("someone@rao.example") is not None
    assert house.services.suppressions.check("someone@singh.example") is None
    assert [one.key for one in house.services.suppressions.all()] == ["@rao.example"]


def test_lifting_gives_the_leads_back(house: House) -> None:
    house.take(THREE)
    house.services.suppressions.add("@rao.example")
    house.services.suppressions.add("v@singh.example")
    house.services.leads.stop("other@rao.example")
    assert house.services.suppressions.remove("@rao.example") == 2
    assert house.services.suppressions.remove("v@singh.example") == 1
    assert {lead.status for lead in house.services.leads.find()} == {"new"}
    assert house.services.suppressions.all() == []
    with pytest.raises(NotFound, match="not suppressed"):
        house.services.suppressions.remove("v@singh.example")


def test_what_a_person_asked_for_needs_force(house: House) -> None:
    house.take(THREE)
    lead = house.lead("v@singh.example")
    one = Suppression(key=key_of_lead(lead.id), reason="unsubscribe", email=lead.email, at="2026-11-24")
    house.table.transact([suppressions.put(one)])
    with pytest.raises(Conflict, match="unsubscribed") as caught:
        house.services.suppressions.remove("v@singh.example")
    assert "--force" in caught.value.hint
    house.services.suppressions.remove("v@singh.example", force=True)
    assert house.services.suppressions.check("v@singh.example") is None


def test_an_older_reason_is_not_replaced_by_an_operator(house: House) -> None:
    one = Suppression(
        key=suppressions.Suppressions(house.table, b"lead key of a test house").key_of("v@singh.example"),
        reason="complaint",
        email="v@singh.example",
    )
    house.table.transact([suppressions.put(one)])
    assert house.services.suppressions.add("v@singh.example")[0].reason == "complaint"


def test_a_file_goes_out_and_comes_back(house: House) -> None:
    house.services.suppressions.add("v@singh.example", source="=1+1")
    house.services.suppressions.add("@rao.example")
    lines = list(house.services.suppressions.as_csv())
    assert len(lines) == 3
    assert ",'=1+1," in "".join(lines)
    other = House()
    taken = other.services.suppressions.take_file(lines, source="backup")
    assert (taken.added, taken.known, taken.rejected) == (2, 0, ())
    assert other.services.suppressions.check("x@rao.example") is not None
    again = other.services.suppressions.take_file([*lines, "no address\n", "a@b@c\n"])
    assert (again.added, again.known) == (0, 2)
    assert [number for number, _ in again.rejected] == [4, 5]
    other.file.close()


@pytest.mark.parametrize("target", ["", "@", "nobody", "@no spaces.example", "a@"])
def test_what_is_no_address_is_refused(house: House, target: str) -> None:
    with pytest.raises(InvalidInput, match="neither an address nor a domain"):
        house.services.suppressions.add(target)
    assert house.table.scan("suppressions").items == []
