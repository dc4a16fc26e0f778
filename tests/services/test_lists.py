"""Which lists there are, and how many members each has, whatever the number of leads."""

from __future__ import annotations

from typing import Any

import pytest

from pivotr import names
from pivotr.services import lists
from pivotr.services.lists import Lists, ListSize
from tests.services.house import House


def test_a_long_list_is_counted_as_far_as_the_limit_or_to_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "COUNTED", 3)
    house.take("email\n" + "".join(f"n{number}@x.example\n" for number in range(5)), "long")
    house.take("email\n" + "".join(f"n{number}@x.example\n" for number in range(3)), "three")
    assert house.services.lists.all() == [ListSize("long", 3, False), ListSize("three", 3, True)]
    assert house.services.lists.all(is_exact=True) == [ListSize("long", 5, True), ListSize("three", 3, True)]


def test_a_list_ends_with_its_last_member_and_comes_back(house: House) -> None:
    house.take("email\nasha@rao.example\n", "fair")
    house.services.leads.delete("asha@rao.example")
    assert house.services.lists.all() == []
    house.take("email\nvijay@iyer.example\n", "fair")
    assert house.services.lists.all() == [ListSize("fair", 1, True)]


def test_pages_hold_every_list_once(house: House) -> None:
    for number in range(7):
        house.take("email\nasha@rao.example\n", f"list{number}")
    found: list[ListSize] = []
    cursor = ""
    while True:
        some, cursor = house.services.lists.page(limit=3, cursor=cursor)
        assert len(some) <= 3
        found += some
        if not cursor:
            break
    assert found == [ListSize(f"list{number}", 1, True) for number in range(7)]
    assert house.services.leads.show("asha@rao.example").lists == [f"list{number}" for number in range(7)]


def test_lists_from_before_the_directory_are_found_once_and_for_all(house: House) -> None:
    for name in ("spring", "diwali"):
        members = [{"list": name, "lead_id": f"l{number}", "v": 1} for number in range(2)]
        house.table.insert_many(names.MEMBERSHIPS, members)
    house.take("email\nasha@rao.example\n", "new")
    everything = [ListSize("diwali", 2, True), ListSize("new", 1, True), ListSize("spring", 2, True)]
    assert house.services.lists.all() == everything

    class Unscanned:
        def __getattr__(self, name: str) -> Any:
            assert name != "scan", "all memberships were read again"
            return getattr(house.table, name)

    assert Lists(table=Unscanned()).all() == everything  # type: ignore[arg-type]
