"""Suppressions: who is never written to, and what lifting them means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.errors import Conflict, InvalidInput, Misconfigured, NotFound
from pivotr.ports.mailer import Listed
from pivotr.services.suppressions import Synced
from pivotr.storage import suppressions
from pivotr.wiring import Services
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


def test_what_a_person_asked_for_stays_asked_for_in_a_file(house: House) -> None:
    lines = [
        "Email address;Reason;Last update\n",
        "v@singh.example;COMPLAINT;yesterday\n",
        "w@singh.example;UNSUBSCRIBE\n",
        "x@singh.example;bad mood, really; and more\n",
        "y@singh.example\n",
    ]
    house.services.suppressions.take_file(lines)
    reasons = {one.email: one.reason for one in house.services.suppressions.all()}
    assert [reasons[f"{name}@singh.example"] for name in "vwxy"] == [
        "complaint", "unsubscribe", "import", "import",
    ]  # fmt: skip
    with pytest.raises(Conflict, match="complained"):
        house.services.suppressions.remove("v@singh.example")


def test_a_quote_left_open_hides_no_address_behind_it(house: House) -> None:
    lines = [
        'v@singh.example,"by\n',
        "w@singh.example\n",
        "x" * 200_000 + "\n",
        "\0y@singh.example\n",
        "z@singh.example",
    ]
    taken = house.services.suppressions.take_file(lines)
    assert (taken.added, [number for number, _ in taken.rejected]) == (4, [3])


@pytest.mark.parametrize("target", ["", "@", "nobody", "@no spaces.example", "a@"])
def test_what_is_no_address_is_refused(house: House, target: str) -> None:
    with pytest.raises(InvalidInput, match="neither an address nor a domain"):
        house.services.suppressions.add(target)
    assert house.table.scan("suppressions").items == []


class TestTheListOfTheProvider:
    def ready(self, house: House) -> AccountListOfOurs:
        house.take("email\nasha@rao.example\nvijay@iyer.example\n")
        listed = AccountListOfOurs(
            [
                Listed("Asha@rao.example", "bounce", "2026-11-01T10:00:00.000Z"),
                Listed("new@rao.example", "complaint", "2026-11-02T10:00:00.000Z"),
                Listed("old@rao.example", "bounce", "2026-11-03T10:00:00.000Z"),
                Listed("not an address", "bounce", "2026-11-03T10:00:00.000Z"),
            ]
        )
        house.services.suppressions.add("old@rao.example", reason="complaint")
        house.services.suppressions.add("vijay@iyer.example", reason="bounce")
        house.services.suppressions.add("meena@iyer.example", reason="unsubscribe")
        house.services.ports.make_account_list = lambda: listed
        house.services = Services(house.services.settings, house.services.ports)
        return listed

    def test_is_taken_over_and_stops_leads(self, house: House) -> None:
        self.ready(house)
        done = house.services.suppressions.sync(actor="meena")
        assert done == Synced(taken=2, known=1, unusable=1, given=0, lacking=1, is_dry_run=False)
        known = house.services.suppressions.check("asha@rao.example")
        assert known
        assert (known.reason, known.source, known.actor) == ("bounce", "ses", "meena")
        assert known.at == "2026-11-01T10:00:00.000Z"
        assert house.lead("asha@rao.example").status == "unsubscribed"
        kept = house.services.suppressions.check("old@rao.example")
        assert kept
        assert kept.reason == "complaint"
        assert house.services.suppressions.sync() == Synced(0, 3, 1, 0, 1, False)

    def test_gets_our_bounces_and_complaints_where_that_is_asked(self, house: House) -> None:
        listed = self.ready(house)
        done = house.services.suppressions.sync(push=True)
        assert (done.given, done.lacking) == (1, 0)
        assert listed.added == [("vijay@iyer.example", "bounce")]

    def test_is_only_counted_in_a_dry_run(self, house: House) -> None:
        listed = self.ready(house)
        done = house.services.suppressions.sync(push=True, is_dry_run=True)
        assert done == Synced(taken=2, known=1, unusable=1, given=0, lacking=1, is_dry_run=True)
        assert listed.added == []
        assert house.services.suppressions.check("asha@rao.example") is None

    def test_is_not_there_where_mails_do_not_leave_through_ses(self, house: House) -> None:
        with pytest.raises(Misconfigured, match="no suppression list"):
            house.services.suppressions.sync()


@dataclass
class AccountListOfOurs:
    """A provider's list."""

    listed: list[Listed]
    added: list[tuple[str, str]] = field(default_factory=list)

    def entries(self) -> Iterator[Listed]:
        return iter(self.listed)

    def put(self, address: str, reason: str) -> None:
        self.added.append((address, reason))
