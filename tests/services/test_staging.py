"""Rows with warnings wait for a look, and nothing of them is lost or taken in twice."""

from __future__ import annotations

import pytest

from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.storage import log
from tests.services.house import House

FILE = """name,email,company,City
Asha Rao,asha@rao.example,Rao Foods,Pune
Team Sales,sales@shop.example,Shop,Goa
Ravi Iyer,ravi@gmial.com,,
V Kohli,v@kohli.example,,
Nobody,,,
"""


def staged(house: House, **options: object) -> dict[int, str]:
    """Import the file with staging; line → row id of what waits."""
    house.take(FILE, is_staged=True, **options)
    return {row.line: row.id for row in house.services.staging.rows()}


def test_clean_rows_come_in_and_the_others_wait_with_their_reasons(house: House) -> None:
    report = house.take(FILE, is_staged=True)
    assert report.adds_up
    assert (report.rows, report.accepted, report.staged, report.rejected) == (5, 1, 3, 1)
    assert [(row.line, row.outcome, row.reason) for row in house.rows[1:4]] == [
        (3, "staged", "role, no_greeting"), (4, "staged", "typo_domain"), (5, "staged", "no_greeting"),
    ]  # fmt: skip
    assert [lead.email for lead in house.services.leads.find()] == ["asha@rao.example"]
    assert house.list_sizes() == {"diwali": 1}
    assert [row.warnings for row in house.services.staging.rows()] == [
        ("role", "no_greeting"), ("typo_domain",), ("no_greeting",),
    ]  # fmt: skip


def test_a_dry_run_foresees_what_would_wait_and_lays_nothing_aside(house: House) -> None:
    foreseen, rows = house.take(FILE, is_staged=True, is_dry_run=True), house.rows
    assert house.services.staging.rows() == []
    report = house.take(FILE, is_staged=True)
    assert house.rows == rows
    assert foreseen.model_copy(update={"is_dry_run": False}) == report


def test_known_and_suppressed_rows_do_not_wait(house: House) -> None:
    house.take("email\nravi@gmial.com\n", "older")
    house.services.suppressions.add("sales@shop.example")
    report = house.take(FILE, is_staged=True)
    assert (report.accepted, report.staged, report.duplicate, report.rejected) == (1, 1, 1, 2)
    assert house.list_sizes() == {"diwali": 2, "older": 1}


def test_a_row_is_put_right_by_its_line_and_taken_in_with_its_origin(house: House) -> None:
    ids = staged(house, tags=("web",), type="warm", source="fair", basis="consent")
    fixed = house.services.staging.fix("4", email="ravi@gmail.com", company="Iyer & Co")
    assert (fixed.email, fixed.company, fixed.warnings) == ("ravi@gmail.com", "Iyer & Co", ())
    done = house.services.staging.approve([ids[4]], actor="meena")
    assert (done.accepted, done.waiting) == (1, 2)
    lead = house.lead("ravi@gmail.com")
    assert (lead.full_name, lead.first_name, lead.line, lead.type) == ("Ravi Iyer", "Ravi", 4, "warm")
    assert (lead.tags, lead.source, lead.basis, lead.corrected) == ({"web"}, "fair", "consent", {"company"})
    assert lead.import_id == ids[4].partition(":")[0]
    assert house.list_sizes() == {"diwali": 2}
    assert [line.actor for line in house.services.logs.of_campaign("ALL") if line.kind == "approved"] == [
        "meena"
    ]


def test_a_greeting_that_an_operator_gives_wins_over_later_imports(house: House) -> None:
    ids = staged(house)
    house.services.staging.fix(ids[5], first_name="Virat")
    house.services.staging.approve([ids[5]])
    house.take("name,email\nVijay Kohli,v@kohli.example\n", is_update=True)
    lead = house.lead("v@kohli.example")
    assert (lead.first_name, lead.full_name) == ("Virat", "Vijay Kohli")


def test_a_better_full_name_brings_a_greeting(house: House) -> None:
    ids = staged(house)
    assert house.services.staging.fix(ids[5], full_name="Virat Kohli").first_name == "Virat"


def test_only_clean_rows_are_taken_in_when_that_is_asked(house: House) -> None:
    staged(house)
    assert house.services.staging.approve(only_clean=True).accepted == 0
    house.services.staging.fix("3", first_name="")
    house.services.staging.fix("5", first_name="")
    done = house.services.staging.approve(only_clean=True)
    assert (done.accepted, done.waiting) == (1, 2)  # line 3 is still a role address
    assert house.services.staging.approve().accepted == 2
    assert house.services.staging.rows() == []


def test_an_address_that_is_known_by_now_joins_the_list_only(house: House) -> None:
    staged(house)
    house.take("name,email\nRavi Iyer,ravi@gmail.com\n", "other")
    house.services.staging.fix("4", email="ravi@gmail.com")
    house.services.suppressions.add("v@kohli.example")
    done = house.services.staging.approve()
    assert (done.accepted, done.duplicate, done.rejected) == (1, 1, 1)
    assert house.list_sizes() == {"diwali": 3, "other": 1}


def test_two_rows_that_a_correction_made_one_person_become_one_lead(house: House) -> None:
    staged(house)
    house.services.staging.fix("4", email="v@kohli.example")
    done = house.services.staging.approve()
    assert (done.accepted, done.duplicate) == (2, 1)


def test_the_same_file_again_leaves_corrections_alone(house: House) -> None:
    """An import that is finished after an interruption lays nothing aside twice."""
    ids = staged(house)
    house.services.staging.fix(ids[4], email="ravi@gmail.com")
    item = house.table.get("work", (f"import#{ids[4].partition(':')[0]}",))
    assert item
    house.table.put("work", {**item, "state": "interrupted"})
    report = house.take(FILE, is_staged=True)
    assert (report.is_continued, report.accepted, report.staged) == (True, 1, 3)
    assert [row.email for row in house.services.staging.rows()][1] == "ravi@gmail.com"


def test_what_was_taken_in_before_an_interruption_ended_does_not_wait_again(house: House) -> None:
    ids = staged(house)
    house.services.staging.approve([ids[5]])
    item = house.table.get("work", (f"import#{ids[5].partition(':')[0]}",))
    assert item
    house.table.put("work", {**item, "state": "interrupted"})
    report = house.take(FILE, is_staged=True)
    assert (report.accepted, report.staged, report.adds_up) == (2, 2, True)


def test_discarded_rows_are_gone_and_logged(house: House) -> None:
    ids = staged(house)
    assert house.services.staging.discard([ids[3]], actor="meena") == 1
    assert house.services.staging.discard() == 2
    assert house.services.staging.rows() == []
    kinds = [entry["kind"] for entry in log.Log(house.table).of_campaign("ALL")]
    assert kinds.count("discarded") == 2


def test_the_import_knows_what_became_of_its_rows(house: House) -> None:
    ids = staged(house)
    staging, past = house.services.staging, house.services.past_imports
    staging.approve([ids[4], ids[5]])
    staging.discard()
    (run,) = past.all()
    assert (run.approved, run.discarded) == (2, 1)
    # the run is forgotten after 400 days, rows that wait are not
    house.table.put("work", {"key": f"staged#{run.import_id}:9", "import_id": run.import_id, "line": 9,
                             "list": "diwali", "email": "late@x.example"})  # fmt: skip
    house.table.delete("work", (f"import#{run.import_id}",))
    assert staging.approve(import_id="").accepted == 1
    assert staging.rows() == past.all() == []


def test_an_import_or_list_that_there_is_not_is_named(house: House) -> None:
    staged(house)
    staging = house.services.staging
    with pytest.raises(NotFound, match="no import “i-none”"):
        staging.rows(import_id="i-none")
    with pytest.raises(NotFound, match="no import “i-none”"):
        staging.approve(import_id="i-none")
    with pytest.raises(NotFound, match="no list “summer”"):
        staging.rows(list_name="Summer")
    staging.discard()
    assert staging.rows(list_name="Diwali") == []


@pytest.mark.parametrize("key", ["99", "nothing", "", "i:4"])
def test_a_row_that_does_not_wait_is_not_found(house: House, key: str) -> None:
    staged(house)
    with pytest.raises(NotFound):
        house.services.staging.approve([key])
    with pytest.raises(NotFound):
        house.services.staging.fix(key, first_name="X")


def test_a_line_of_two_imports_must_be_named_by_its_id(house: House) -> None:
    staged(house)
    house.take(FILE.replace("gmial", "gmai"), "spring", is_staged=True)
    with pytest.raises(Conflict, match="line 4"):
        house.services.staging.approve(["4"])
    assert len(house.services.staging.rows(list_name="spring")) == 3


def test_a_correction_must_be_one(house: House) -> None:
    staged(house)
    with pytest.raises(InvalidInput, match="not a mail address"):
        house.services.staging.fix("4", email="ravi at gmail")
    with pytest.raises(InvalidInput, match="Nothing to change"):
        house.services.staging.fix("4")
    assert house.services.staging.rows()[1].email == "ravi@gmial.com"
