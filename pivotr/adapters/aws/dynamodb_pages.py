"""Pages of a partition, an index or a whole table: requests, what is left out, and the cursor."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pivotr.adapters.aws.dynamodb_expressions import Expressions
from pivotr.adapters.aws.dynamodb_values import decode
from pivotr.adapters.aws.dynamodb_writes import TableRequests
from pivotr.adapters.table_shape import own_attributes
from pivotr.errors import InvalidInput, NotFound
from pivotr.ports.table import Between, IndexSpec, Item, Page

#: Gives the answer of DynamoDB to a request.
Ask = Callable[[dict[str, Any]], dict[str, Any]]


def query(
    ask: Ask,
    table: TableRequests,
    partition: str,
    *,
    index: str | None,
    between: Between | None,
    ascending: bool,
    limit: int,
    cursor: str | None,
    consistent: bool,
) -> Page:
    """One page of a partition in sort-key order. An index is never consistent, whatever is asked."""
    spec = _index(table, index) if index is not None else None
    own = own_attributes(spec) if spec else table.keys
    sort = own[1] if len(own) > 1 else None
    if between is not None and sort is None:
        raise InvalidInput(f"{table.name if spec is None else spec.name} has no sort key to ask a range of.")
    names = tuple(name for name in dict.fromkeys((*own, *table.keys)) if name != own[0])
    start = _read_cursor(cursor, names)
    _refuse_empty_page(limit)
    if not partition or (between is not None and _is_empty(between)):
        return Page([], None)
    expressions = Expressions(table.keys[0])
    request: dict[str, Any] = {
        "TableName": table.physical,
        "KeyConditionExpression": expressions.range(own[0], partition, sort, between),
        "ScanIndexForward": ascending,
    }
    request |= {"IndexName": spec.name} if spec else {"ConsistentRead": consistent}
    if start:
        request["ExclusiveStartKey"] = {own[0]: {"S": partition}, **start}
    page = _page(ask, request | expressions.placeholders(), names, limit)
    if spec is not None:  # DynamoDB shows no more than this; an emulator may
        page = Page([_only(table.seen_in(spec), item) for item in page.items], page.cursor)
    return page


def count(ask: Ask, table: TableRequests, partition: str, *, limit: int) -> int:
    """How many items a partition has, at most `limit`; an answer counts no more than 1 MB of items."""
    _refuse_empty_page(limit)
    if not partition:
        return 0
    expressions = Expressions(table.keys[0])
    request: dict[str, Any] = {
        "TableName": table.physical,
        "KeyConditionExpression": expressions.range(table.keys[0], partition, None, None),
        "Select": "COUNT",
    }
    request |= expressions.placeholders()
    found = 0
    while True:
        answer = ask({**request, "Limit": limit - found})
        found += int(answer["Count"])
        start = answer.get("LastEvaluatedKey")
        if start is None or found >= limit:
            return found
        request["ExclusiveStartKey"] = start


def scan(ask: Ask, table: TableRequests, *, limit: int, cursor: str | None) -> Page:
    """One page of a whole table."""
    start = _read_cursor(cursor, table.keys)
    _refuse_empty_page(limit)
    request: dict[str, Any] = {"TableName": table.physical}
    if start:
        request["ExclusiveStartKey"] = start
    return _page(ask, request, table.keys, limit)


def _page(ask: Ask, request: dict[str, Any], names: tuple[str, ...], limit: int) -> Page:
    """Ask for one item more than wanted: a cursor then always means that there is more."""
    answer = ask({**request, "Limit": limit + 1})
    items = [decode(attributes) for attributes in answer.get("Items", [])]
    if len(items) > limit:
        del items[limit:]
        return Page(items, _write_cursor({name: items[-1][name] for name in names}))
    last = answer.get("LastEvaluatedKey")
    return Page(items, _write_cursor({name: last[name]["S"] for name in names}) if last else None)


def _write_cursor(values: dict[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _read_cursor(cursor: str | None, names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The key to go on behind. Raises InvalidInput where the cursor is none of ours."""
    if cursor is None:
        return {}
    try:
        values = json.loads(cursor)
    except ValueError:
        values = None
    if (
        not isinstance(values, dict)
        or set(values) != set(names)
        or not all(isinstance(value, str) and value for value in values.values())
    ):
        raise InvalidInput("This cursor does not belong to this query.", hint="Start again without a cursor.")
    return {name: {"S": values[name]} for name in names}


def _index(table: TableRequests, name: str) -> IndexSpec:
    for spec in table.spec.indexes:
        if spec.name == name:
            return spec
    raise NotFound(f"The table {table.name} has no index {name}.")


def _is_empty(between: Between) -> bool:
    """True for a range that nothing can be in: DynamoDB refuses to be asked for one."""
    return between.high == "" or bool(between.low and between.high and between.low > between.high)


def _only(names: tuple[str, ...], item: Item) -> Item:
    return {name: item[name] for name in names if name in item}


def _refuse_empty_page(limit: int) -> None:
    if limit < 1:
        raise InvalidInput(f"A page holds at least one item, not {limit}.")
