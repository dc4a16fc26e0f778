"""Tables and queues as the stack makes them, for an account of moto's or an emulator at an address."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pivotr import names
from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.ports.table import IndexSpec, TableSpec
from pivotr.storage.schema import TABLES

REGION = "ap-south-1"


def make_clients(endpoint: str = "") -> Clients:
    """Clients with keys that open nothing."""
    return Clients(REGION, endpoint, credentials=Credentials("AKIAEXAMPLEEXAMPLE00", "example"))


def create_tables(client: Any, environment: str, specs: Sequence[TableSpec] = TABLES) -> None:
    """All tables of an environment with all their indexes."""
    for spec in specs:
        client.create_table(**table_request(spec, names.physical(environment, spec.name)))


def delete_tables(client: Any, environment: str, specs: Sequence[TableSpec] = TABLES) -> None:
    """What `create_tables` made."""
    for spec in specs:
        client.delete_table(TableName=names.physical(environment, spec.name))


def table_request(spec: TableSpec, physical: str) -> dict[str, Any]:
    """The parameters of CreateTable for one table."""
    own = _schema(spec.partition, spec.sort)
    indexes = [_index(index) for index in spec.indexes]
    keys = {key["AttributeName"]: "S" for part in (own, *(i["KeySchema"] for i in indexes)) for key in part}
    request: dict[str, Any] = {
        "TableName": physical,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": own,
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
    }
    return request | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def create_queue(client: Any, spec: names.QueueSpec, name: str) -> str:
    """A queue with its DLQ; returns its URL."""
    dlq = client.create_queue(
        QueueName=f"{name}-dlq", Attributes={"MessageRetentionPeriod": str(spec.dlq_retention)}
    )["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dlq, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": spec.max_receive}
    attributes = {
        "VisibilityTimeout": str(spec.visibility),
        "MessageRetentionPeriod": str(spec.retention),
        "RedrivePolicy": json.dumps(policy),
    }
    return str(client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def _index(index: IndexSpec) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY"}
    if index.projection:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projection)}
    return {
        "IndexName": index.name,
        "KeySchema": _schema(index.partition, index.sort),
        "Projection": projection,
    }


def _schema(partition: str, sort: str | None) -> list[dict[str, str]]:
    found = [{"AttributeName": partition, "KeyType": "HASH"}]
    return found + ([{"AttributeName": sort, "KeyType": "RANGE"}] if sort else [])
