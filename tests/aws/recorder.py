"""Which rights a function's calls need, noted while it works: at the ports, or where botocore sends them.

A right is (action, resource) as in `pivotr.infra.permissions`: `("dynamodb:UpdateItem", "table/leads")`.
The part of a transaction needs the right of its kind, a query of an index the index.
"""

from __future__ import annotations

import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias
from unittest.mock import patch

from pivotr import names
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.infra.routes import ROUTES
from pivotr.ports.table import Check, Delete, Put, Update

Right: TypeAlias = tuple[str, str]

#: Kind of a write → its action, by itself and as a part of a transaction.
WRITES = {Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem", Check: "ConditionCheckItem"}
_MODULES = {spec.name.replace("-", "_"): spec.name for spec in names.FUNCTIONS}
#: Files of the tests that only hand calls on.
_GO_BETWEENS = {"recorder", "seen", "faults", "unreliable", "moto_inserts"}


class Seen:
    """Function → rights and how often each was used."""

    def __init__(self) -> None:
        self.rights: dict[str, Counter[Right]] = {}
        self._lock = threading.Lock()

    def note(self, rights: Sequence[Right], function: str = "") -> None:
        """Count one use of each right by the function that is at work."""
        worker = function or at_work()
        with self._lock:
            self.rights.setdefault(worker, Counter()).update(rights)

    def of(self, function: str) -> set[Right]:
        """Every right that a function used."""
        return set(self.rights.get(function, ()))


def at_work() -> str:
    """The name of the function on the stack, or an empty text where an operator acts.

    What a test does in the middle of a function's work, while a mail is on its way say, is an operator's act.
    """
    frame: Any = sys._getframe(2)  # the caller itself only looks on
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.parent.name == "functions" and path.stem in _MODULES:
            return _MODULES[path.stem]
        if "tests" in path.parts and path.stem not in _GO_BETWEENS:
            return ""
        if path.parts[-2:] == ("api", "app.py") and frame.f_code.co_name == "handle":
            return serving(frame.f_locals["event"])
        frame = frame.f_back
    return ""


def serving(event: dict[str, Any]) -> str:
    """The function that answers a request on AWS; none for what only an operator's machine serves."""
    http = event["requestContext"]["http"]
    for route in ROUTES:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if route.method == http["method"] and re.fullmatch(pattern, http["path"]):
            return route.function.name
    return ""


def rights_of_table(method: str, *args: Any, **options: Any) -> list[Right]:
    """The rights that one call of the table port needs."""
    if method == "get_many":
        return [("dynamodb:BatchGetItem", table) for table in sorted({f"table/{key[0]}" for key in args[0]})]
    if method == "transact":
        return [(f"dynamodb:{WRITES[type(write)]}", f"table/{write.table}") for write in args[0]]
    table = f"table/{args[0]}"
    if method == "query" and options.get("index"):
        return [("dynamodb:Query", f"{table}/index/{options['index']}")]
    if method == "insert_many":
        # rows that come back as duplicates after a lost answer are read, to know our own again
        return [("dynamodb:PartiQLInsert", table), ("dynamodb:BatchGetItem", table)] if args[1] else []
    action = {
        "get": "GetItem",
        "query": "Query",
        "scan": "Scan",
        "put": "PutItem",
        "update": "UpdateItem",
        "delete": "DeleteItem",
        "erase": "UpdateItem",
    }[method]
    return [(f"dynamodb:{action}", table)]


def rights_of_queues(method: str, *args: Any, **options: Any) -> list[Right]:
    """The rights that one sending call of the queues port needs."""
    if method == "invoke":
        return [("lambda:InvokeFunction", f"function/{args[0]}")]
    return [("sqs:SendMessage", f"queue/{args[0]}")]


def rights_of_request(operation: str, request: dict[str, Any], environment: str) -> list[Right]:
    """The rights that one request to DynamoDB needs, read from its parameters."""

    def table(physical: str) -> str:
        return f"table/{physical.removeprefix(names.physical(environment, ''))}"

    if operation == "BatchGetItem":
        return [("dynamodb:BatchGetItem", table(name)) for name in sorted(request["RequestItems"])]
    if operation == "TransactWriteItems":
        kinds = {"ConditionCheck": "ConditionCheckItem"}
        parts = [next(iter(part.items())) for part in request["TransactItems"]]
        return [(f"dynamodb:{kinds.get(kind, f'{kind}Item')}", table(on["TableName"])) for kind, on in parts]
    if operation == "BatchExecuteStatement":
        statements = (one["Statement"] for one in request["Statements"])
        return [("dynamodb:PartiQLInsert", table(text.split('"')[1])) for text in statements]
    index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
    return [(f"dynamodb:{operation}", table(request["TableName"]) + index)]


@contextmanager
def at_the_ports() -> Iterator[Seen]:
    """Note what crosses the ports of every embedded environment; calls among themselves are not counted."""
    seen, inside = Seen(), threading.local()

    def noting(original: Callable[..., Any], method: str, rights: Callable[..., list[Right]]) -> Any:
        @wraps(original)
        def call(self: Any, *args: Any, **options: Any) -> Any:
            if getattr(inside, "is_busy", False):
                return original(self, *args, **options)
            inside.is_busy = True
            try:
                seen.note(rights(method, *args, **options))
                return original(self, *args, **options)
            finally:
                inside.is_busy = False

        return call

    tables = (
        "get",
        "get_many",
        "query",
        "scan",
        "put",
        "update",
        "delete",
        "transact",
        "insert_many",
        "erase",
    )
    with ExitStack() as patches:
        for kind, methods, rights in (
            (SqliteTable, tables, rights_of_table),
            (SqliteQueues, ("send", "send_many", "invoke"), rights_of_queues),
        ):
            for method in methods:
                original = getattr(kind, method)
                patches.enter_context(patch.object(kind, method, noting(original, method, rights)))
        yield seen


@contextmanager
def at_botocore(client: Any, environment: str) -> Iterator[list[tuple[str, list[Right]]]]:
    """Note every call of a DynamoDB client: its operation and the rights that it needs, in order."""
    calls: list[tuple[str, list[Right]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append((model.name, rights_of_request(model.name, params, environment)))

    client.meta.events.register("provide-client-params.dynamodb.*", note)
    try:
        yield calls
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.*", note)
