"""Imports: every row accounted for, nobody twice, nobody's state changed."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from pivotr.domain.intake import ImportOptions, Origin
from pivotr.domain.reports import OUTCOMES
from pivotr.errors import InvalidInput
from pivotr.ports.table import Change
from tests.services.house import House

PLAIN = (
    "name,email,company,City\nAsha Rao,asha@rao.example,Rao Foods,Pune\nVikram Singh,v@singh.example,,Goa\n"
)
MESSY = b"""\xef\xbb\xbfExport of 24 Nov;;\r
;;\r
Full Name;E-Mail;Company\r
Asha Rao;ASHA@Rao.example ;Rao Foods\r
Asha again;mailto:asha@rao.example;Rao Foods\r
Nobody;;No Mail Ltd\r
Broken;not an address;X\r
\r
Info;info@shop.example;Shop\r
Slip;slip@gmial.com;Slip\r
"Quoted
name";quoted@x.example;Q\r
"""


def test_rows_become_leads_with_provenance_and_members_of_the_list(house: House) -> None:
    report = house.take(PLAIN, tags=("web", "fair"), type="warm", source="fair 2026", basis="consent")
    assert (report.rows, report.accepted, report.duplicate, report.rejected) == (2, 2, 0, 0)
    lead = house.lead("asha@rao.example")
    assert (lead.full_name, lead.company, lead.fields) == ("Asha Rao", "Rao Foods", {"City": "Pune"})
    assert (lead.type, lead.tags, lead.source, lead.basis) == (
        "warm",
        {"web", "fair"},
        "fair 2026",
        "consent",
    )
    assert (lead.import_id, lead.line, lead.status) == (report.import_id, 2, "new")
    assert [one.email for one in house.services.lists.show("diwali").members].count("v@singh.example") == 1
    house.services.templates.create("city", "Hi", "In {{City|town}}")  # the column is a variable now


def test_every_row_of_a_messy_file_has_one_outcome_and_a_line(house: House) -> None:
    report = house.take(MESSY)
    assert report.adds_up
    assert (report.rows, report.accepted, report.duplicate, report.rejected) == (7, 4, 1, 2)
    assert [(row.line, row.outcome) for row in house.rows] == [
        (4, "accepted"), (5, "duplicate"), (6, "rejected"), (7, "rejected"), (9, "accepted"),
        (10, "accepted"), (11, "accepted"),
    ]  # fmt: skip
    assert all(row.reason for row in house.rows if row.outcome != "accepted")
    assert report.reasons == {"duplicate_email": 1, "missing_email": 1, "invalid_email": 1}
    assert (report.warnings["role"], report.warnings["typo_domain"]) == (1, 1)


def test_a_dry_run_gives_the_same_report_and_writes_nothing(house: House) -> None:
    foreseen = house.take(MESSY, is_dry_run=True)
    rows = house.rows
    assert list(house.services.leads.find()) == []
    assert house.list_sizes() == {}
    report = house.take(MESSY)
    assert rows == house.rows
    assert foreseen.model_copy(update={"is_dry_run": False}) == report


def test_the_same_file_again_brings_duplicates_only(house: House) -> None:
    first = house.take(PLAIN)
    again = house.take(PLAIN)
    assert (again.accepted, again.duplicate, again.reasons) == (0, 2, {"known": 2})
    assert again.import_id != first.import_id
    assert house.lead("asha@rao.example").import_id == first.import_id


def test_a_known_address_joins_another_list(house: House) -> None:
    house.take(PLAIN)
    report = house.take("email\nasha@rao.example\nnew@rao.example\n", "spring")
    assert (report.accepted, report.duplicate) == (1, 1)
    assert house.list_sizes() == {"diwali": 2, "spring": 2}


def test_a_lead_in_a_campaign_is_named_so_and_left_alone(house: House) -> None:
    house.take(PLAIN)
    campaign = house.campaign()
    house.start(campaign)
    before = house.lead("asha@rao.example")
    report = house.take(PLAIN, is_update=True, source="later")
    assert report.updated == 2
    assert report.reasons == {f"in campaign {campaign.id}": 2}
    after = house.lead("asha@rao.example")
    assert (after.status, after.due, after.queue) == (before.status, before.due, before.queue)


@pytest.mark.parametrize("is_update", [False, True])
def test_no_import_changes_a_state(house: House, *, is_update: bool) -> None:
    house.take(PLAIN)
    house.services.leads.stop("asha@rao.example", reason="called")
    house.services.suppressions.add("v@singh.example")
    report = house.take(PLAIN, is_update=is_update)
    assert report.reasons == {"known": 1, "suppressed": 1}
    assert house.lead("asha@rao.example").status == "replied"
    assert house.lead("v@singh.example").status == "unsubscribed"


def test_update_refreshes_but_never_what_an_operator_corrected(house: House) -> None:
    house.take(PLAIN)
    house.services.leads.update("asha@rao.example", company="Rao & Daughters", fields={"City": "Mumbai"})
    fresh = PLAIN.replace("Asha Rao", "Dr. Asha Rao").replace("Pune", "Nashik").replace("Goa", "Panaji")
    report = house.take(fresh, is_update=True)
    assert (report.updated, report.duplicate) == (2, 0)
    lead = house.lead("asha@rao.example")
    assert (lead.full_name, lead.company, lead.fields["City"]) == (
        "Dr. Asha Rao",
        "Rao & Daughters",
        "Mumbai",
    )
    assert house.lead("v@singh.example").fields["City"] == "Panaji"


def test_without_update_nothing_is_refreshed(house: House) -> None:
    house.take(PLAIN)
    house.take(PLAIN.replace("Rao Foods", "Other Ltd"))
    assert house.lead("asha@rao.example").company == "Rao Foods"


def test_a_deleted_lead_comes_back_as_new_but_no_campaign_gets_it_twice(house: House) -> None:
    house.take(PLAIN)
    campaign = house.campaign()
    house.start(campaign)
    house.services.leads.delete("asha@rao.example")
    report = house.take(PLAIN)
    assert (report.accepted, report.duplicate) == (1, 1)
    lead = house.lead("asha@rao.example")
    assert (lead.status, lead.email, lead.due, lead.full_name) == (
        "new",
        "asha@rao.example",
        None,
        "Asha Rao",
    )
    assert lead.seen == {campaign.id}
    assert "asha@rao.example" in [one.email for one in house.services.leads.find(domain="rao.example")]


def test_suppressed_addresses_that_are_no_leads_are_refused_and_not_stored(house: House) -> None:
    house.services.suppressions.add("asha@rao.example")
    house.services.suppressions.add("@singh.example")
    report = house.take(PLAIN)
    assert (report.accepted, report.rejected, report.reasons) == (0, 2, {"suppressed": 2})
    assert list(house.services.leads.find()) == []


@pytest.mark.slow
def test_an_interrupted_import_is_finished_by_the_next_run(house: House) -> None:
    lines = "".join(f"Person {n},p{n}@x{n % 7}.example\n" for n in range(2500))
    data = f"name,email\n{lines}".encode()

    class Stop(KeyboardInterrupt):
        pass

    def stop_after_first(rows: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        house.services.imports.run(
            io.BytesIO(data), "big.csv", ImportOptions(list="diwali"), on_chunk=stop_after_first
        )
    stored = sum(1 for _ in house.services.leads.find())
    assert 0 < stored < 2500
    report = house.take(data)
    assert report.is_continued
    assert (report.rows, report.accepted, report.duplicate) == (2500, 2500, 0)
    assert sum(1 for _ in house.services.leads.find()) == 2500
    assert house.list_sizes() == {"diwali": 2500}


def test_a_run_that_died_without_a_word_is_taken_over(house: House) -> None:
    def stop(rows: int) -> None:
        raise KeyboardInterrupt

    options = ImportOptions(list="diwali")
    with pytest.raises(KeyboardInterrupt):
        house.services.imports.run(io.BytesIO(PLAIN.encode()), "leads.csv", options, on_chunk=stop)
    (item,) = house.table.scan("work").items
    house.table.update("work", (item["key"],), Change(set={"state": "running"}))  # as after kill -9
    report = house.take(PLAIN)
    assert (report.is_continued, report.accepted, report.duplicate) == (True, 2, 0)


@pytest.mark.slow
def test_two_imports_at_once_share_every_address_exactly(tmp_path: Path) -> None:
    common = "".join(f"p{n}@x.example\n" for n in range(3000))
    reports = []

    def run(number: int) -> None:
        mine = House(tmp_path / "pivotr.db")
        mine.clock.tokens = number * 10**9
        only = "".join(f"own{number}-{n}@x.example\n" for n in range(100))
        reports.append(mine.take(f"email\n{common}{only}", f"list{number}"))
        mine.file.close()

    House(tmp_path / "pivotr.db").file.close()
    threads = [threading.Thread(target=run, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(report.adds_up and report.rows == 3100 for report in reports)
    assert sum(report.accepted for report in reports) == 3200
    house = House(tmp_path / "pivotr.db")
    assert sum(1 for _ in house.services.leads.find()) == 3200
    assert house.list_sizes() == {"list1": 3100, "list2": 3100}
    house.file.close()


def test_nobody_is_greeted_by_an_unsafe_name(house: House) -> None:
    house.take("name,email\nAcme Private Limited,a@x.example\nV Kohli,v@x.example\nAsha Rao,r@x.example\n")
    greetings = [house.lead(f"{one}@x.example").first_name for one in "avr"]
    assert greetings == ["", "", "Asha"]


def test_first_and_last_name_columns_make_one_name(house: House) -> None:
    house.take("First Name,Last Name,Email\nAsha,Rao,a@x.example\n")
    lead = house.lead("a@x.example")
    assert (lead.full_name, lead.first_name) == ("Asha Rao", "Asha")


def test_mapping_wins_over_header_words(house: House) -> None:
    text = "email,Work Email,Job\nold@x.example,new@x.example,Chef\n"
    report = house.take(text, mapping={"email": "Work Email", "Role": "Job"})
    assert report.accepted == 1
    assert house.lead("new@x.example").fields["Role"] == "Chef"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "empty"),
        ("a,b\n1,2\n", {}, "no column of addresses"),
        ("name,email\n", {}, "no rows"),
        (PLAIN, {"list_name": "no good"}, "cannot name a list"),
        (PLAIN, {"tags": ("ä",)}, "cannot name a tag"),
        (PLAIN, {"mapping": {"email": "Nowhere"}}, "Nowhere"),
        (b"%PDF-1.7 \x00\x01", {}, "neither"),
    ],
)
def test_what_cannot_be_imported_changes_nothing(
    house: House, text: str | bytes, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        house.take(text, **options)  # type: ignore[arg-type]
    assert caught.value.hint
    assert house.table.scan("work").items == []


def test_overlong_cells_are_cut_and_said(house: House) -> None:
    report = house.take(f"name,email,note\n{'x' * 500},a@x.example,{'y' * 5000}\n")
    lead = house.lead("a@x.example")
    assert (len(lead.full_name), len(lead.fields["note"]), report.warnings["cut"]) == (200, 2000, 1)


def test_one_lead_by_hand_counts_like_an_imported_one(house: House) -> None:
    house.services.leads.add("hand@x.example", list_name="diwali", origin=Origin(source="call"))
    assert house.take("email\nhand@x.example\n").reasons == {"known": 1}
    assert OUTCOMES[0] == "accepted"
