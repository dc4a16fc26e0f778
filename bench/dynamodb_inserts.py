"""F8: leads that the DynamoDB adapter inserts in a second of our cpu, against bare `batch_write_item`.

Both send to the same endpoint, 25 rows in a call. The bare call gets ready-made attribute values, overwrites
duplicates and is told nothing of its rows; the adapter encodes, refuses duplicates and tells of each row. The
endpoint is the emulator at PIVOTR_TEST_ENDPOINT, else a server of our own that says yes to both calls; what
is measured is what a row costs on our side of the line, botocore included. Cpu time, the best of three runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from bench.sqlite_inserts import lead
from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.dynamodb_calls import CONNECT_SECONDS, READ_SECONDS
from pivotr.adapters.aws.dynamodb_values import encode
from pivotr.adapters.system_clock import SystemClock
from pivotr.names import LEADS, physical
from pivotr.storage.schema import TABLES

ROWS, RUNS, BATCH = 3_000, 3, 25
ENDPOINT = os.environ.get("PIVOTR_TEST_ENDPOINT", "")


class YesSayer(BaseHTTPRequestHandler):
    """Answers both calls as DynamoDB does when all is well."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer: dict[str, Any] = {"UnprocessedItems": {}}
        if "Statements" in request:
            answer = {"Responses": [{"TableName": physical("bench", LEADS)} for _ in request["Statements"]]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def endpoint() -> Iterator[str]:
    """The emulator's address, or that of a server in a process of its own: its cpu time is not ours."""
    if ENDPOINT:
        yield ENDPOINT
        return
    command = [sys.executable, "-m", "bench.dynamodb_inserts", "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def measure() -> list[dict[str, Any]]:
    """Rows per cpu second of the adapter, of the bare call, and their ratio."""
    leads = [lead(number) for number in range(ROWS)]
    ready = [encode(item) for item in leads]
    with endpoint() as address:
        clients = Clients("ap-south-1", address, Credentials("AKIAEXAMPLEEXAMPLE00", "example"))
        client = clients.client("dynamodb", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)
        table = DynamoTable(clients, "bench", TABLES, SystemClock())
        with _table_in(client):
            ours = ROWS / _best(lambda: _insert(table, leads), client)
            bare = ROWS / _best(lambda: _write(client, ready), client)
    where = "emulator" if ENDPOINT else "canned answers"
    unit = "leads per cpu second"
    return [
        _row(f"insert_many on DynamoDB ({where})", ours, unit, ""),
        _row(f"bare batch_write_item ({where})", bare, unit, ""),
        _row("insert_many against batch_write_item", ours / bare, "ratio", "≥ 0.7"),
    ]


def _insert(table: DynamoTable, leads: list[dict[str, Any]]) -> None:
    if not all(table.insert_many(LEADS, leads)):
        raise AssertionError("a lead was not inserted")


def _write(client: Any, rows: list[dict[str, Any]]) -> None:
    name = physical("bench", LEADS)
    for first in range(0, len(rows), BATCH):
        puts = [{"PutRequest": {"Item": row}} for row in rows[first : first + BATCH]]
        if client.batch_write_item(RequestItems={name: puts})["UnprocessedItems"]:
            raise AssertionError("a row was left out")


def _best(run: Callable[[], None], client: Any) -> float:
    seconds = []
    for _ in range(RUNS):
        began = time.process_time()
        run()
        seconds.append(time.process_time() - began)
        _empty(client)
    return min(seconds)


@contextmanager
def _table_in(client: Any) -> Iterator[None]:
    if ENDPOINT:
        _create(client)
    yield
    if ENDPOINT:
        client.delete_table(TableName=physical("bench", LEADS))


def _empty(client: Any) -> None:
    if ENDPOINT:
        client.delete_table(TableName=physical("bench", LEADS))
        _create(client)


def _create(client: Any) -> None:
    from tests.aws.resources import create_tables

    create_tables(client, "bench", [spec for spec in TABLES if spec.name == LEADS])


def _row(what: str, value: float, unit: str, goal: str) -> dict[str, Any]:
    return {"figure": "F8", "what": what, "value": value, "unit": unit, "goal": goal}


def _serve() -> None:
    server = HTTPServer(("127.0.0.1", 0), YesSayer)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if "--serve" in sys.argv:
        _serve()
    for row in measure():
        print(f"{row['figure']}  {row['what']:44} {row['value']:12,.2f} {row['unit']:22} {row['goal']}")
