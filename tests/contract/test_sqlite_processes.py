"""Several processes on one data file at once."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from backends import Instant
from workers import (
    claim_once,
    count_up_in,
    die_while_writing,
    die_with_lock,
    drain,
    insert_into,
    open_table,
)

from pivotr import names
from pivotr.adapters.embedded.run_lock import RunLock
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues

SPAWN = multiprocessing.get_context("spawn")

pytestmark = pytest.mark.slow


def test_ten_processes_lose_no_update_and_may_all_create_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with ProcessPoolExecutor(10, mp_context=SPAWN) as pool:
        for result in [pool.submit(count_up_in, path, 20) for _ in range(10)]:
            result.result()
    with SqliteFile(path) as file:
        assert open_table(file).get("settings", ("counter",)) == {"key": "counter", "n": 200}


def test_each_lead_is_inserted_by_exactly_one_process(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        results = [pool.submit(insert_into, path, 0, 500) for _ in range(2)]
        first, second = (result.result() for result in results)
    assert all(one != other for one, other in zip(first, second, strict=True))
    with SqliteFile(path) as file:
        items = open_table(file).scan("leads", limit=1000).items
    inserted = Counter(item["by"] for item in items)
    assert sorted(inserted.values()) == sorted(count for count in (sum(first), sum(second)) if count)


def test_one_claim_passes(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    with ProcessPoolExecutor(4, mp_context=SPAWN) as pool:
        results = [pool.submit(claim_once, path, f"attempt-{number}") for number in range(8)]
        assert sum(result.result() for result in results) == 1


def test_each_record_goes_to_one_process(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    bodies = [str(number) for number in range(100)]
    with SqliteFile(path, durable=False) as file:
        SqliteQueues(file, names.QUEUES, Instant()).send_many(names.SENDING_QUEUE.name, bodies)
    with ProcessPoolExecutor(3, mp_context=SPAWN) as pool:
        taken = [body for result in [pool.submit(drain, path) for _ in range(3)] for body in result.result()]
    assert sorted(taken) == sorted(bodies)


def test_a_process_that_dies_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.db"
    process = SPAWN.Process(target=die_while_writing, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == 9
    with SqliteFile(path) as file:
        table = open_table(file)
        assert table.scan("settings").items == [{"key": "committed"}]
        table.put("settings", {"key": "torn"})


def test_the_run_lock_dies_with_its_process(tmp_path: Path) -> None:
    path, is_held = tmp_path / "run.lock", tmp_path / "held"
    process = SPAWN.Process(target=die_with_lock, args=(path, is_held))
    process.start()
    process.join()
    assert is_held.exists()
    with RunLock(path) as lock:
        lock.acquire("2026-11-24T09:14:00.000Z", os.getpid())
