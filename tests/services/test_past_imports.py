"""Imports can be looked back on, and taken back without touching what has happened since."""

from __future__ import annotations

import io

import pytest

from pivotr.domain.intake import ImportOptions
from pivotr.errors import Conflict, NotFound
from tests.services.house import House

FILE = "name,email\n" + "".join(f"Asha Rao,p{n}@x.example\n" for n in range(120))


def addresses(house: House) -> set[str]:
    return {lead.email for lead in house.services.leads.find()}


def test_every_import_is_remembered_with_its_account(house: House) -> None:
    first = house.take(FILE)
    house.clock.sleep(60)
    second = house.take("email\np1@x.example\nnobody\n", "spring")
    runs = house.services.past_imports.all()
    assert [(run.import_id, run.list, run.state, run.actor) for run in runs] == [
        (second.import_id, "spring", "done", "tester"), (first.import_id, "diwali", "done", "tester"),
    ]  # fmt: skip
    assert house.services.past_imports.get(first.import_id).report == first
    with pytest.raises(NotFound):
        house.services.past_imports.get("i-none")


def test_undo_takes_back_leads_and_places_on_the_list(house: House) -> None:
    house.services.leads.add("own@x.example", list_name="diwali")
    report = house.take(FILE + "Own,own@x.example\n")
    done = house.services.past_imports.undo(report.import_id, actor="meena")
    assert (done.leads, done.memberships, done.staged, done.kept) == (120, 120, 0, 0)
    assert addresses(house) == {"own@x.example"}
    assert house.list_sizes() == {"diwali": 1}
    run = house.services.past_imports.get(report.import_id)
    assert (run.state, run.undone) == ("undone", done)
    (line,) = [line for line in house.services.logs.of_campaign("ALL") if line.kind == "undone"]
    assert (line.actor, "120 leads" in line.sentence) == ("meena", True)


def test_a_known_lead_only_leaves_the_list_again(house: House) -> None:
    house.take(FILE)
    before = house.lead("p1@x.example")
    second = house.take("email\np1@x.example\nnew@x.example\n", "spring")
    done = house.services.past_imports.undo(second.import_id)
    assert (done.leads, done.memberships) == (1, 2)
    assert house.lead("p1@x.example") == before
    assert house.list_sizes() == {"diwali": 120}


def test_who_was_mailed_or_enrolled_since_stays_where_they_are(house: House) -> None:
    report = house.take("name,email\nA Rao,a@x.example\nB Rao,b@x.example\n")
    house.start(house.campaign())
    assert house.send_next() == "accepted"
    house.take("email\nlater@x.example\n")
    done = house.services.past_imports.undo(report.import_id)
    assert (done.leads, done.memberships, done.kept) == (0, 0, 2)
    assert addresses(house) == {"a@x.example", "b@x.example", "later@x.example"}
    assert house.list_sizes() == {"diwali": 3}


def test_who_answered_or_was_withdrawn_since_stays(house: House) -> None:
    report = house.take("email\na@x.example\nb@x.example\nc@x.example\n")
    house.services.leads.stop("a@x.example")
    campaign = house.campaign()
    house.start(campaign)
    house.services.transitions.abort(campaign.id)
    assert house.lead("b@x.example").status in ("new", "queued")
    house.services.past_imports.undo(report.import_id)
    assert {"a@x.example", "b@x.example", "c@x.example"} == addresses(house)


def test_a_lead_that_came_to_another_list_since_stays_there(house: House) -> None:
    report = house.take(FILE)
    house.take("email\np1@x.example\n", "spring")
    done = house.services.past_imports.undo(report.import_id)
    assert (done.leads, done.memberships, done.kept) == (119, 120, 1)
    assert addresses(house) == {"p1@x.example"}
    assert house.list_sizes() == {"spring": 1}


def test_who_had_been_deleted_before_is_deleted_again_and_not_forgotten(house: House) -> None:
    house.take("email\na@x.example\n")
    campaign = house.campaign()
    house.start(campaign)
    assert house.send_next() == "accepted"
    house.services.leads.delete("a@x.example")
    house.clock.sleep(60)
    report = house.take("name,email\nAsha Rao,a@x.example\n", "spring")
    assert report.accepted == 1
    done = house.services.past_imports.undo(report.import_id)
    assert (done.leads, done.memberships) == (1, 1)
    tombstone = house.lead("a@x.example")
    assert (tombstone.status, tombstone.email, tombstone.full_name) == ("deleted", "", "")
    assert tombstone.seen == {campaign.id}


def test_waiting_rows_and_what_was_approved_of_them_go_too(house: House) -> None:
    report = house.take("name,email\nV Kohli,v@x.example\nA B,w@x.example\n", is_staged=True)
    assert report.staged == 2
    house.clock.sleep(60)
    house.services.staging.approve(["2"])
    done = house.services.past_imports.undo(report.import_id)
    assert (done.leads, done.memberships, done.staged) == (1, 1, 1)
    assert addresses(house) == set()
    assert house.services.staging.rows() == []


def test_an_interrupted_import_can_be_taken_back_and_done_again(house: House) -> None:
    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.services.imports.run(
            io.BytesIO(FILE.encode()), "leads.csv", ImportOptions(list="diwali"), on_chunk=stop
        )
    (run,) = house.services.past_imports.all()
    assert run.state == "interrupted"
    assert house.services.past_imports.undo(run.import_id).leads == 120
    again = house.take(FILE)
    assert (again.accepted, again.is_continued, again.import_id == run.import_id) == (120, False, False)


def test_an_import_is_taken_back_once(house: House) -> None:
    report = house.take(FILE)
    house.services.past_imports.undo(report.import_id)
    with pytest.raises(Conflict, match="already"):
        house.services.past_imports.undo(report.import_id)
    with pytest.raises(NotFound):
        house.services.past_imports.undo("i-none")
    assert house.take(FILE).accepted == 120
