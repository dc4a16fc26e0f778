"""A stand-in for the one call that moto cannot answer: PartiQL INSERT with parameters.

`Inserts.send` is replaced, and nothing else: cutting into batches, repetition, own rows and reports stay the
adapter's. Each row becomes a conditional put, which refuses a duplicate just as INSERT does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.dynamodb_calls import Answered
from pivotr.adapters.aws.dynamodb_inserts import Inserts
from pivotr.adapters.aws.dynamodb_writes import TableRequests


class PutInserts(Inserts):
    """Inserts whose call is a put for each row."""

    def send(self, table: TableRequests, rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
        return [self._put(table, row) for row in rows]

    def _put(self, table: TableRequests, row: dict[str, Any]) -> tuple[str, str]:
        request = {
            "TableName": table.physical,
            "Item": row,
            "ConditionExpression": "attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": table.keys[0]},
        }
        try:
            self._calls("put_item", request, tries=1)
        except Answered as answered:
            is_duplicate = answered.code == "ConditionalCheckFailedException"
            return ("DuplicateItem", "") if is_duplicate else ("ValidationError", answered.text)
        return "", ""


def insert_by_puts(table: DynamoTable) -> None:
    """Let this table insert by puts."""
    table._inserts = PutInserts(table._calls, table._read_again)
