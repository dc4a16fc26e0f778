"""Only one `pivotr run` works on a data file."""

from __future__ import annotations

from pathlib import Path

import pytest

from pivotr.adapters.embedded.run_lock import RunLock
from pivotr.errors import Conflict, Misconfigured

SINCE = "2026-11-24T09:13:05.123Z"


def test_the_second_is_told_who_was_first_and_since_when(tmp_path: Path) -> None:
    path = tmp_path / "home" / "run.lock"
    with RunLock(path) as first, RunLock(path) as second:
        first.acquire(SINCE, 4711)
        with pytest.raises(Conflict) as failed:
            second.acquire("2026-11-24T10:00:00.000Z", 4712)
        assert "process 4711" in failed.value.sentence
        assert SINCE in failed.value.sentence
        assert failed.value.hint
        first.release()
        second.acquire("2026-11-24T10:00:00.000Z", 4712)


def test_the_refused_one_takes_nothing_with_it(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with RunLock(path) as first:
        first.acquire(SINCE, 4711)
        for _ in range(2):
            with RunLock(path) as second, pytest.raises(Conflict, match="4711"):
                second.acquire(SINCE, 4712)


def test_whether_it_is_held_can_be_asked_without_making_or_taking_anything(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    asking = RunLock(path)
    assert not asking.is_held()
    assert not path.exists()
    with RunLock(path) as first:
        first.acquire(SINCE, 4711)
        assert asking.is_held()
        assert path.read_text() == f"4711 {SINCE}\n"
    assert not asking.is_held()


def test_somebody_who_only_asks_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    other = RunLock(path)
    other.acquire(SINCE, 1)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        other.release()

    with RunLock(path, sleep) as second:
        second.acquire(SINCE, 2)
    assert len(waited) == 1


def test_a_lock_can_be_taken_again(tmp_path: Path) -> None:
    lock = RunLock(tmp_path / "run.lock")
    for pid in (1, 22222):
        lock.acquire(SINCE, pid)
        lock.release()
        lock.release()


def test_a_folder_in_place_of_the_lock_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="folder"):
        RunLock(tmp_path).acquire(SINCE, 1)
