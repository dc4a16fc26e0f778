"""A transfer that was interrupted, repeated after things have changed: what counts is how they are here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pivotr import names
from pivotr.errors import Conflict, Unavailable
from pivotr.services.transferring import Transferring
from pivotr.storage.schema import TABLES
from tests.services.house import KEY, House

FILE = "name,email\n" + "".join(f"Asha Rao,p{n}@x.example\n" for n in range(120))


def move(here: House, there: House, adopt: Callable[[], None] = lambda: None) -> Transferring:
    pause_all = here.services.transitions.pause_all
    return Transferring(
        source=here.table,
        target=there.table,
        target_name="dev",
        clock=here.clock,
        key=KEY,
        pause_all=lambda reason: pause_all(reason=reason),
        adopt_keys=adopt,
    )


def all_items(house: House, table: str) -> list[dict[str, Any]]:
    items = house.table.scan(table, limit=1000).items
    return sorted((one for one in items if one.get("key") != "transfer"), key=str)


def interrupted(here: House, there: House, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """A transfer that ends before a table is copied."""
    whole = there.table.put

    def put(table: str, item: dict[str, Any], **words: Any) -> None:
        if table == at and item.get("key") != "transfer":
            raise Unavailable("The network is gone.")
        whole(table, item, **words)

    with monkeypatch.context() as patched:
        patched.setattr(there.table, "put", put)
        with pytest.raises(Unavailable):
            move(here, there).run()


def test_what_changed_between_two_tries_is_as_it_is_here(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.take(FILE)
    house.services.suppressions.add("never@x.example", actor="meena")
    house.services.suppressions.add("p8@x.example", actor="meena")
    later = house.take("email\nq@x.example\n", "spring")
    campaign = house.campaign()
    house.start(campaign)
    there = House()
    interrupted(house, there, monkeypatch, names.WORK)
    assert len(all_items(there, names.LEADS)) == 121
    # somebody goes on here: a mail leaves, an import is undone, one is erased, one is allowed again
    house.services.transitions.resume(campaign.id, acknowledge=True)
    assert house.send_next() == "accepted"
    assert house.services.past_imports.undo(later.import_id).leads == 1
    house.services.erasing.erase("p8@x.example", actor="meena")
    house.services.suppressions.remove("never@x.example", actor="meena")

    done = move(house, there).run()
    assert done.paused == (campaign.id,)
    for spec in TABLES:
        assert all_items(there, spec.name) == all_items(house, spec.name), spec.name


def test_the_keys_go_along_even_where_the_first_try_ended_before_them(house: House) -> None:
    house.take(FILE)
    there, adopted = House(), list[str]()

    def gone() -> None:
        raise Unavailable("The network is gone.")

    with pytest.raises(Unavailable):
        move(house, there, gone).run()
    assert move(house, there, lambda: adopted.append("keys")).run().items[names.LEADS] == 120
    assert adopted == ["keys"]


def test_a_campaign_that_is_started_meanwhile_is_not_there_and_here(house: House) -> None:
    house.take(FILE)
    campaign = house.campaign()
    there = House()

    def starts(table: str, _count: int) -> None:
        if table == names.LEADS:
            house.services.transitions.start(campaign.id)

    with pytest.raises(Conflict, match="was started during the transfer"):
        move(house, there).run(on_table=starts)
    assert [one["status"] for one in all_items(there, names.CAMPAIGNS)] in ([], ["draft"])
    assert move(house, there).run().paused == (campaign.id,)
    assert [one["status"] for one in all_items(there, names.CAMPAIGNS)] == ["paused"]
