"""Lead files in the background: a run stops before its time is up, the next goes on behind its last row."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import BinaryIO

import pytest

from pivotr.domain.intake import ImportOptions
from pivotr.domain.reports import ImportReport
from pivotr.errors import InvalidInput, Misconfigured, NotFound, Unavailable
from pivotr.functions import lead_import
from pivotr.ports.files import UploadForm
from pivotr.services import imports as importing
from pivotr.services.uploads import BACKGROUND_SECONDS, LARGEST_BYTES
from tests.services.house import House

OPTIONS = ImportOptions(list="diwali", tags=("gift",), mapping={"email": "mail"})
INVOCATIONS = "invoke:lead-import"


@dataclass
class Place:
    """Files in memory; `trouble` is raised by the next look."""

    kept: dict[str, bytes] = field(default_factory=dict)
    trouble: Exception | None = None

    def form(self, key: str, *, largest_bytes: int, expires_seconds: int) -> UploadForm:
        return UploadForm("https://bucket.example", {"key": key}, expires_seconds, largest_bytes)

    def put(self, key: str, data: bytes) -> None:
        self.kept[key] = data

    def fetch(self, key: str, into: BinaryIO) -> None:
        if self.trouble:
            raise self.trouble
        if key not in self.kept:
            raise NotFound("The file has not been uploaded.")
        into.write(self.kept[key])


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def house(place: Place, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(importing, "CHUNK", 10)
    house = House()
    house.services.ports.make_files = lambda: place
    return house


def rows(count: int, *, bad: int = 0) -> bytes:
    lines = [f"lead{number}@rao.example,Asha Rao" for number in range(count)]
    lines += [f"no address {number},Nobody" for number in range(bad)]
    return ("mail,name\n" + "\n".join(lines) + "\n").encode()


def slow_chunks(house: House, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Every chunk of ten rows takes so long."""
    beat = importing.import_runs.beat

    def slow(*arguments: object) -> None:
        house.clock.sleep(seconds)
        beat(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing.import_runs, "beat", slow)


def calls(house: House) -> list[dict[str, str]]:
    """The calls of the function that wait to be made; they are taken."""
    found = []
    for record in house.queues.receive(INVOCATIONS, limit=10):
        found.append(json.loads(record.body))
        house.queues.delete(INVOCATIONS, record.receipt)
    return found


def test_a_file_that_needs_several_runs_is_counted_as_if_it_had_needed_one(
    house: House, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = rows(95, bad=7) + b"lead1@rao.example,Twice\n"
    upload, form = house.services.uploads.begin("big.csv", OPTIONS, actor="meena")
    assert form.largest_bytes == LARGEST_BYTES
    place.kept[form.fields["key"]] = data
    house.services.uploads.start(upload)
    slow_chunks(house, monkeypatch, 10.0)
    ends = []
    while events := calls(house):
        for event in events:
            began = house.clock.now()
            ends += lead_import.handle(event, house.services).values()
            assert (house.clock.now() - began).total_seconds() <= BACKGROUND_SECONDS
    assert ends == ["continues"] * (len(ends) - 1) + ["done"]
    assert len(ends) > 2
    done = house.services.uploads.get(upload)
    assert (done.state, done.rows, done.actor) == ("done", 103, "meena")
    report = house.services.past_imports.get(done.import_id).report
    assert report is not None
    assert (report.accepted, report.rejected, report.duplicate, report.rows) == (95, 7, 1, 103)
    assert report.adds_up
    assert house.lead("lead94@rao.example").tags == frozenset({"gift"})


def test_what_was_counted_is_not_stored_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    from pivotr.storage.arrivals import Arrivals

    take = Arrivals.take
    monkeypatch.setattr(
        Arrivals,
        "take",
        lambda self, name, batch, *, now: looked.append(len(batch)) or take(self, name, batch, now=now),
    )
    run = house.services.imports.run
    first = run(io.BytesIO(rows(35)), "a.csv", OPTIONS, is_time_up=lambda: len(looked) == 2)
    assert (first.rows, first.accepted, first.is_unfinished) == (20, 20, True)
    second = run(io.BytesIO(rows(35)), "a.csv", OPTIONS)
    assert (second.rows, second.accepted, second.is_continued, second.is_unfinished) == (35, 35, True, False)
    assert second.import_id == first.import_id
    assert looked == [10, 10, 10, 5]


def test_whoever_wants_every_row_gets_every_row(house: House) -> None:
    run = house.services.imports.run
    run(io.BytesIO(rows(35)), "a.csv", OPTIONS, is_time_up=lambda: True)
    seen: list[object] = []
    report = run(io.BytesIO(rows(35)), "a.csv", OPTIONS, on_row=seen.append)
    assert (len(seen), report.accepted, report.is_continued) == (35, 35, True)


def test_a_run_that_was_killed_within_a_chunk_is_counted_right(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat = importing.import_runs.beat
    beats: list[int] = []

    def dies(*arguments: object) -> None:
        beats.append(1)
        if len(beats) == 3:
            raise KeyboardInterrupt
        beat(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing.import_runs, "beat", dies)
    with pytest.raises(KeyboardInterrupt):
        house.services.imports.run(io.BytesIO(rows(35)), "a.csv", OPTIONS)
    report = house.services.imports.run(io.BytesIO(rows(35)), "a.csv", OPTIONS)
    assert (report.rows, report.accepted, report.duplicate) == (35, 35, 0)


def at_once(house: House, data: bytes) -> tuple[ImportReport, str]:
    return house.services.uploads.at_once(data, "small.csv", OPTIONS, actor="meena")


def test_a_small_file_is_done_at_once(house: House, place: Place) -> None:
    report, upload = at_once(house, rows(15))
    assert (report.accepted, upload) == (15, "")
    assert place.kept == {}


def test_what_a_request_has_no_time_for_goes_on_in_the_background(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_chunks(house, monkeypatch, 8.0)
    report, upload = at_once(house, rows(35))
    assert report.is_unfinished
    assert 0 < report.rows < 35
    (event,) = calls(house)
    assert lead_import.handle(event, house.services) == {upload: "done"}
    assert house.services.uploads.get(upload).import_id == report.import_id
    assert house.services.uploads.get(upload).rows == 35


def test_without_a_place_for_files_the_same_request_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.services.ports.make_files = lambda: None
    slow_chunks(house, monkeypatch, 8.0)
    reports = [at_once(house, rows(35))[0] for _ in range(2)]
    assert [report.is_unfinished for report in reports] == [True, False]
    assert reports[1].accepted == 35
    with pytest.raises(Misconfigured, match="no place"):
        house.services.uploads.begin("big.csv", OPTIONS)


def test_one_upload_is_worked_on_once_at_a_time(
    house: House, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, form = house.services.uploads.begin("big.csv", OPTIONS)
    place.kept[form.fields["key"]] = rows(15)
    inner: list[str] = []
    beat = importing.import_runs.beat

    def twice(*arguments: object) -> None:
        inner.append(house.services.uploads.go_on(upload))
        beat(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importing.import_runs, "beat", twice)
    assert house.services.uploads.go_on(upload) == "done"
    assert inner == ["ignored", "ignored"]
    assert house.services.uploads.go_on(upload) == "ignored"


def test_the_event_of_a_bucket_names_the_upload(house: House, place: Place) -> None:
    upload, form = house.services.uploads.begin("big.csv", OPTIONS)
    place.kept[form.fields["key"]] = rows(3)
    event = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": form.fields["key"]}}}]}
    assert lead_import.handle(event, house.services) == {upload: "done"}
    stray = {"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": "imports/stray+file.csv"}}}]}
    assert lead_import.handle(stray, house.services) == {"stray file.csv": "unknown"}


def test_a_file_that_cannot_be_read_ends_with_its_reason(house: House, place: Place) -> None:
    upload, form = house.services.uploads.begin("big.xlsx", OPTIONS)
    place.kept[form.fields["key"]] = b"PK\x03\x04 no workbook"
    assert house.services.uploads.go_on(upload) == "failed"
    ended = house.services.uploads.get(upload)
    assert ended.state == "failed"
    assert ended.reason
    assert house.services.uploads.go_on(upload) == "ignored"


def test_trouble_with_the_place_is_tried_again(house: House, place: Place) -> None:
    upload, form = house.services.uploads.begin("big.csv", OPTIONS)
    assert lead_import.handle({"upload": upload}, house.services) == {upload: "unknown"}
    place.kept[form.fields["key"]] = rows(3)
    place.trouble = Unavailable("S3 is busy.")
    with pytest.raises(Unavailable):
        lead_import.handle({"upload": upload}, house.services)
    place.trouble = None
    assert lead_import.handle({"upload": upload}, house.services) == {upload: "done"}


def test_options_are_judged_before_a_file_is_uploaded(house: House) -> None:
    with pytest.raises(InvalidInput):
        house.services.uploads.begin("big.csv", ImportOptions(list=""))
    with pytest.raises(NotFound):
        house.services.uploads.start("nothing")
