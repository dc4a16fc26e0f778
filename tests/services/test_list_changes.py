"""Lists get another name, or go, without losing what is known of them."""

from __future__ import annotations

import pytest

from pivotr.errors import Conflict, NotFound, Unavailable
from pivotr.storage import import_runs, metrics, transactions
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.work import Work
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
    assert house.services.list_changes.rename("old", "new") == 95
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


@pytest.mark.parametrize("is_written", [False, True])
def test_a_change_that_is_cut_off_at_any_write_ends_the_same(
    monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    run = transactions.run
    for kind, ended in (("rename", {"new": 95}), ("delete", {})):
        for last in range(1, 20):
            house, calls = House(), list[object]()
            house.take(FILE, "old")
            house.table.transact([metrics.counters("list#old", "2026-11-24", {"bounced": 2})])

            def dies(*given: object, last: int = last, calls: list[object] = calls, **words: object) -> None:
                calls.append(given)
                if len(calls) == last and not is_written:
                    raise Unavailable("The power is gone.")
                run(*given, **words)  # type: ignore[arg-type]
                if len(calls) == last:
                    raise Unavailable("The power is gone.")

            def change(house: House = house, kind: str = kind) -> None:
                if kind == "rename":
                    house.services.list_changes.rename("old", "new")
                else:
                    house.services.list_changes.delete("old")

            with monkeypatch.context() as patched:
                patched.setattr(transactions, "run", dies)
                try:
                    change()
                except Unavailable:
                    pass
                else:
                    break
            if not said(house, f"list_{kind}d"):
                change()
            assert house.list_sizes() == ended
            assert len(said(house, f"list_{kind}d")) == 1
            if kind == "rename":
                assert Metrics(house.table).totals("list#new")["bounced"] == 2
                assert not Metrics(house.table).days("list#old")
                assert [one.list for one in import_runs.every(house.table)] == ["new"]
        assert last > 3


def test_a_rename_that_was_begun_goes_nowhere_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = house.services.list_changes
    house.take(FILE, "old")
    Work(house.table).save("rename#old", {"to": "new"}, now=house.clock.now(), days=1)
    for change in (lambda: changes.rename("old", "other"), lambda: changes.delete("old")):
        with pytest.raises(Conflict, match="on its way to be “new”") as refused:
            change()
        assert refused.value.hint.endswith("pivotr list rename old new")
    # two at once: the second one has looked before the first one made its mark
    get, looks = Work.get, list[str]()

    def too_early(work: Work, key: str) -> object:
        looks.append(key)
        return None if len(looks) == 1 else get(work, key)

    monkeypatch.setattr(Work, "get", too_early)
    with pytest.raises(Conflict, match="on its way to be “new”"):
        changes.rename("old", "other")
    assert house.list_sizes() == {"old": 95}


def test_a_campaign_made_since_a_rename_was_cut_off_keeps_its_list(house: House) -> None:
    house.take(FILE)
    Work(house.table).save("rename#diwali", {"to": "new"}, now=house.clock.now(), days=1)
    house.campaign()
    with pytest.raises(Conflict, match="“Diwali outreach” draws from it"):
        house.services.list_changes.rename("diwali", "new")
    assert house.list_sizes() == {"diwali": 95}


def test_a_list_that_is_taken_away_under_an_import_is_seen_again(house: House) -> None:
    importing = Memberships(house.table)
    importing.add_many("diwali", ["a" * 32], now=house.clock.now())
    house.services.list_changes.delete("diwali")
    assert importing.add_many("diwali", ["b" * 32], now=house.clock.now()) == [True]
    assert house.list_sizes() == {"diwali": 1}


def test_an_import_at_work_stands_in_the_way(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.take(FILE)
    run = import_runs.begin(house.table, house.clock, "x", {"list": "diwali", "file": "f", "actor": ""})
    sleep = house.clock.sleep

    def sleeps(seconds: float) -> None:
        sleep(seconds)
        import_runs.beat(house.table, run, {"rows": 1}, house.clock.now())

    with monkeypatch.context() as patched:
        patched.setattr(house.clock, "sleep", sleeps)
        with pytest.raises(Conflict, match="an import puts leads on it"):
            house.services.list_changes.delete("diwali")
    # one that died is none
    assert house.services.list_changes.delete("diwali") == 95


def test_bounces_that_are_counted_during_a_rename_are_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.take(FILE, "old")
    day = "2026-11-24"
    house.table.transact([metrics.counters("list#old", day, {"bounced": 2})])
    moved, reads = metrics.moved, list[str]()

    def meanwhile(item: dict[str, object], partition: str) -> object:
        writes = moved(item, partition)
        if not reads:
            house.table.transact([metrics.counters("list#old", day, {"bounced": 1, "complained": 1})])
            house.table.transact([metrics.counters("list#new", day, {"bounced": 4})])
        reads.append(partition)
        return writes

    monkeypatch.setattr(metrics, "moved", meanwhile)
    house.services.list_changes.rename("old", "new")
    totals = Metrics(house.table).totals("list#new")
    assert (totals["bounced"], totals["complained"]) == (7, 1)
    assert not Metrics(house.table).days("list#old")
