"""Lists get another name, or go, without losing what is known of them."""

from __future__ import annotations

import pytest

from pivotr.errors import Conflict, NotFound, Unavailable
from pivotr.storage import metrics, transactions
from pivotr.storage.metrics import Metrics
from tests.services.house import House

FILE = "name,email\n" + "".join(f"Asha Rao,p{n}@x.example\n" for n in range(95))


def said(house: House, kind: str) -> list[str]:
    return [line.sentence for line in house.services.logs.of_campaign("ALL") if line.kind == kind]


def test_a_list_is_renamed_with_its_members_figures_and_imports(house: House) -> None:
    report = house.take(FILE, "diwlai")
    day = metrics.counters(metrics.list_partition("diwlai"), "2026-11-24", {"bounced": 2})
    house.table.transact([day])
    assert house.services.list_changes.rename("Diwlai", "diwali", actor="meena") == 95
    assert house.list_sizes() == {"diwali": 95}
    assert Metrics(house.table).totals(metrics.list_partition("diwali"))["bounced"] == 2
    assert Metrics(house.table).totals(metrics.list_partition("diwlai"))["bounced"] == 0
    assert said(house, "list_renamed") == ["A list has another name: diwlai is diwali now."]
    with pytest.raises(NotFound):
        house.services.lists.show("diwlai")
    # the import knows where its leads are, so it can still be undone
    assert house.services.past_imports.undo(report.import_id).memberships == 95


def test_a_rename_that_was_interrupted_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.take(FILE, "old")
    run, calls = transactions.run, []

    def fails_at_the_second(*given: object, **words: object) -> None:
        calls.append(given)
        if len(calls) == 2:
            raise Unavailable("The disk is full.")
        run(*given, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(transactions, "run", fails_at_the_second)
    with pytest.raises(Unavailable):
        house.services.list_changes.rename("old", "new")
    assert house.list_sizes() == {"new": 40, "old": 55}
    house.take("email\nz@x.example\n", "taken")
    with pytest.raises(Conflict):
        house.services.list_changes.rename("old", "taken")
    assert house.services.list_changes.rename("old", "new") == 55
    assert house.list_sizes() == {"new": 95, "taken": 1}


def test_a_list_is_deleted_and_its_leads_stay(house: House) -> None:
    house.take(FILE)
    house.take("email\np1@x.example\n", "spring")
    assert house.services.list_changes.delete("diwali", actor="meena") == 95
    assert house.list_sizes() == {"spring": 1}
    assert house.lead("p1@x.example").status == "new"
    assert said(house, "list_deleted") == ["A list was deleted, its leads stay: diwali."]
    # the name is free again
    assert house.take("email\nq@x.example\n").accepted == 1
    assert house.list_sizes() == {"diwali": 1, "spring": 1}


def test_what_draws_from_a_list_stands_in_the_way(house: House) -> None:
    changes = house.services.list_changes
    with pytest.raises(NotFound):
        changes.delete("diwali")
    house.take(FILE)
    house.take("email\nq@x.example\n", "spring")
    with pytest.raises(Conflict, match="There is a list “spring” already"):
        changes.rename("diwali", "spring")
    with pytest.raises(Conflict, match="There is a list “diwali” already"):
        changes.rename("diwali", "diwali")
    campaign = house.campaign()
    for change in (lambda: changes.rename("diwali", "new"), lambda: changes.delete("diwali")):
        with pytest.raises(Conflict, match="“Diwali outreach” draws from it"):
            change()
    house.services.transitions.abort(campaign.id)
    house.take("name,email\ninfo,info@q.example\n", is_staged=True)
    with pytest.raises(Conflict, match="rows of an import wait for it"):
        changes.delete("diwali")
    assert house.list_sizes() == {"diwali": 95, "spring": 1}
