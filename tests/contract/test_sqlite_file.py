"""One data file: who may open it, what is said when it cannot be used, and what survives."""

from __future__ import annotations

import gc
import sqlite3
import stat
import threading
import warnings
from pathlib import Path

import pytest
from workers import count_up, hold_write_lock, open_table

from pivotr.adapters.embedded.sqlite_faults import translate
from pivotr.adapters.embedded.sqlite_file import FORMAT, SqliteFile
from pivotr.errors import Misconfigured, NoAnswer, PivotrError, Unavailable
from pivotr.ports.table import Item

LEADS: list[Item] = [{"id": f"l{number:05d}", "email": f"a{number}@b.in"} for number in range(2000)]


def refusal(path: Path) -> Misconfigured:
    """The error of opening the file; whatever is there stays byte for byte."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(Misconfigured) as failed:
        SqliteFile(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    assert failed.value.hint
    return failed.value


def test_items_are_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "pivotr.db"
    for number in range(3):
        with SqliteFile(path) as file:
            table = open_table(file)
            assert [item["key"] for item in table.scan("settings").items] == [f"k{n}" for n in range(number)]
            table.put("settings", {"key": f"k{number}"})


def test_only_the_owner_can_read_a_new_file(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "pivotr.db") as file:
        open_table(file).put("settings", {"key": "k"})
        for path in tmp_path.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_power_failures_and_waiting_readers_are_provided_for(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "pivotr.db") as file:
        assert file.rows("PRAGMA synchronous") == [(2,)]
        assert file.rows("PRAGMA journal_mode") == [("wal",)]


def test_a_file_of_a_newer_pivotr_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        open_table(file)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=7")
    connection.close()
    error = refusal(path)
    assert error.sentence == "This data file was written by a newer Pivotr (format 7, this one knows 1)."
    assert "pip install --upgrade pivotr" in error.hint
    assert FORMAT == 1


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    path.write_text("email,name\nasha@firm.example.in,Asha\n" * 100)
    error = refusal(path)
    assert str(path) in error.sentence
    assert "damaged" in error.sentence
    assert "pivotr restore FILE --replace" in error.hint
    assert "PIVOTR_HOME" in error.hint


def test_an_emptied_file_beside_its_key_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path, key = tmp_path / "pivotr.db", tmp_path / "pivotr.key"
    path.touch()
    SqliteFile(path, made_later=key).close()  # the first start, cut off at once
    path.write_bytes(b"")
    key.touch()
    with pytest.raises(Misconfigured, match="is empty, but its key file is there") as refused:
        SqliteFile(path, made_later=key)
    assert "pivotr restore FILE --replace" in refused.value.hint
    assert path.stat().st_size == 0
    path.unlink()
    SqliteFile(path, made_later=key).close()


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    assert "another program" in refusal(path).sentence


def test_a_file_damaged_in_the_middle_is_reported_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        open_table(file).insert_many(
            "leads", [{"id": f"l{n:05d}", "email": f"a{n}@b.in"} for n in range(2000)]
        )
    whole = bytearray(path.read_bytes())
    whole[4096:] = b"\xa5" * (len(whole) - 4096)
    path.write_bytes(whole)
    with pytest.raises(Misconfigured, match="damaged"), SqliteFile(path) as file:
        open_table(file).scan("leads")


def test_a_file_cut_short_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        open_table(file).insert_many(
            "leads", [{"id": f"l{n:05d}", "email": f"a{n}@b.in"} for n in range(2000)]
        )
    path.write_bytes(path.read_bytes()[: 3 * 4096 + 100])
    with pytest.raises(Misconfigured, match="damaged"), SqliteFile(path) as file:
        open_table(file).scan("leads")


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    path.touch()
    with SqliteFile(path) as file:
        open_table(file).put("settings", {"key": "k"})


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert error.sentence == f"There is a folder where the data file should be: {tmp_path}."


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("x")
    assert str(tmp_path / "home" / "pivotr.db") in refusal(tmp_path / "home" / "pivotr.db").sentence


def test_a_file_that_may_only_be_read_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        open_table(file)
    # Permissions do not stop root, so SQLite itself is told that it may only read.
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    with pytest.raises(sqlite3.OperationalError) as failed:
        connection.execute("DELETE FROM settings")
    connection.close()
    error = translate(failed.value, path)
    assert isinstance(error, Misconfigured)
    assert error.sentence == f"The data file {path} cannot be written."


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "pivotr.db") as file:
        table = open_table(file)
        table.put("settings", {"key": "k"})
        file.rows("PRAGMA max_page_count=1")  # SQLite takes the present size where this is smaller
        with pytest.raises(Unavailable, match="full; nothing was changed") as failed:
            table.insert_many("settings", [{"key": f"k{n}", "text": "x" * 3000} for n in range(100)])
        assert not isinstance(failed.value, NoAnswer)
        assert table.scan("settings").items == [{"key": "k"}]
        file.rows("PRAGMA max_page_count=1000000")
        table.put("settings", {"key": "k2"})


def test_a_file_kept_busy_too_long_is_reported_and_can_still_be_read(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path, busy_seconds=0.05) as file:
        table = open_table(file)
        table.put("settings", {"key": "k"})
        other = hold_write_lock(path)
        with pytest.raises(Unavailable, match="busy") as failed:
            table.put("settings", {"key": "k", "n": 1})
        assert not isinstance(failed.value, NoAnswer)
        assert table.get("settings", ("k",)) == {"key": "k"}
        with SqliteFile(path, busy_seconds=0.05) as second:
            assert open_table(second).get("settings", ("k",)) == {"key": "k"}
        other.close()
        table.put("settings", {"key": "k", "n": 1})


def test_a_file_moved_or_replaced_while_in_use_takes_no_more_writes(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        table = open_table(file)
        table.put("settings", {"key": "k"})
        path.rename(tmp_path / "elsewhere.db")
        with pytest.raises(Misconfigured, match="moved"):
            table.put("settings", {"key": "k2"})
        path.touch()
        with pytest.raises(Misconfigured, match="replaced"):
            table.put("settings", {"key": "k2"})
        assert path.read_bytes() == b""


def test_a_deleted_file_does_not_come_back_empty(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        table = open_table(file)
        file.close()
        path.unlink()
        with pytest.raises(Misconfigured, match="cannot be opened"):
            table.get("settings", ("k",))
    assert not path.exists()


@pytest.mark.parametrize("name", ["with blank.db", "per%20cent?.db", "#hash&.db", "नाम.db"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    with SqliteFile(tmp_path / name) as file:
        open_table(file).put("settings", {"key": "k"})
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("code", "committing", "kind"),
    [
        (sqlite3.SQLITE_IOERR_WRITE, False, Unavailable),
        (sqlite3.SQLITE_IOERR_FSYNC, True, NoAnswer),
        (sqlite3.SQLITE_FULL, True, Unavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, False, Unavailable),
        (sqlite3.SQLITE_NOMEM, False, Unavailable),
        (sqlite3.SQLITE_CORRUPT_INDEX, False, Misconfigured),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, False, Misconfigured),
        (sqlite3.SQLITE_READONLY_CANTLOCK, False, Misconfigured),
        (sqlite3.SQLITE_ERROR, False, Misconfigured),
    ],
)
def test_each_fault_says_whether_something_may_have_happened(
    code: int, committing: bool, kind: type[PivotrError]
) -> None:
    fault = sqlite3.OperationalError("as SQLite words it")
    fault.sqlite_errorcode = code
    error = translate(fault, Path("pivotr.db"), committing=committing)
    assert type(error) is kind
    assert error.sentence.endswith(".")
    assert error.hint


def test_a_mistake_of_ours_is_not_dressed_up(tmp_path: Path) -> None:
    with SqliteFile(None) as file:
        with pytest.raises(sqlite3.ProgrammingError):
            file.rows("SELECT ?", (1, 2))
        with pytest.raises(ZeroDivisionError), file.writing():
            raise ZeroDivisionError
        with file.writing() as connection:
            assert connection.in_transaction


def test_threads_share_one_file(tmp_path: Path) -> None:
    for path in (None, tmp_path / "pivotr.db"):
        with SqliteFile(path, durable=False, busy_seconds=60) as file:
            table = open_table(file)
            threads = [threading.Thread(target=count_up, args=(table, 10)) for _ in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert table.get("settings", ("counter",)) == {"key": "counter", "n": 60}


def test_nothing_stays_open(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = SqliteFile(tmp_path / "pivotr.db")
        table = open_table(file)
        thread = threading.Thread(target=table.put, args=("settings", {"key": "k"}))
        thread.start()
        thread.join()
        del file, table, thread
        gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == ["pivotr.db"]


def test_a_closed_file_opens_again_by_itself(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "pivotr.db")
    table = open_table(file)
    file.close()
    table.put("settings", {"key": "k"})
    file.close()
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["pivotr.db"]


def test_tables_of_a_later_release_are_added_to_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with SqliteFile(path) as file:
        file.ensure({"first": "CREATE TABLE IF NOT EXISTS first (a TEXT)"})
        open_table(file).put("settings", {"key": "k"})
    with SqliteFile(path) as file:
        table = open_table(file)
        assert table.get("settings", ("k",)) == {"key": "k"}
        table.put("leads", {"id": "l1", "email": "a@b.in"})
        assert table.query("leads", "a@b.in", index="email-index").items == [{"id": "l1", "email": "a@b.in"}]
