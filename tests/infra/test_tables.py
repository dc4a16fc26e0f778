"""Tables of the guide's phase 2, and ours."""

from __future__ import annotations

from typing import Any

import pytest

from pivotr import names
from pivotr.storage import schema
from tests.infra.conftest import Stack, plain

NAMES = [spec.name for spec in schema.TABLES]
#: The guide, 2.1: table → keys.
GUIDE = {
    "leads": ["id"],
    "campaigns": ["id"],
    "logs": ["campaignId", "timestamp"],
    "metrics": ["campaignId", "date"],
    "settings": ["key"],
}
#: Indexes as released. One may come or go per release: CloudFormation changes one at a time.
RELEASED = {
    "leads": {"email-index", "status-index", "queue-index", "domain-index"},
    "campaigns": {"status-index"},
    "logs": {"lead-index", "message-index"},
    "memberships": {"lead-index"},
}


def keys(properties: dict[str, Any]) -> list[str]:
    return [part["AttributeName"] for part in properties["KeySchema"]]


def test_the_guides_tables_have_the_guides_keys_and_all_keys_are_texts(production: Stack) -> None:
    assert {name: keys(production.tables[name]) for name in GUIDE} == GUIDE
    for properties in production.tables.values():
        assert {one["AttributeType"] for one in properties["AttributeDefinitions"]} == {"S"}


def test_every_table_of_the_schema_is_there_and_no_other(production: Stack, dev: Stack) -> None:
    assert sorted(production.tables) == sorted(dev.tables) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_indexes_have_the_keys_and_the_projection_of_the_schema(production: Stack, name: str) -> None:
    found = {
        index["IndexName"]: (keys(index), index["Projection"])
        for index in production.tables[name].get("GlobalSecondaryIndexes", [])
    }
    wanted = {
        index.name: (
            [key for key in (index.partition, index.sort) if key],
            {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.projection)}
            if index.projection
            else {"ProjectionType": "KEYS_ONLY"},
        )
        for index in schema.table(name).indexes
    }
    assert found == wanted


@pytest.mark.parametrize("name", NAMES)
def test_index_sets_differ_from_the_released_ones_by_one_at_most(name: str) -> None:
    found = {index.name for index in schema.table(name).indexes}
    assert len(found ^ RELEASED.get(name, set())) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_every_table_of_every_environment_can_be_restored_to_a_point_in_time(
    production: Stack, dev: Stack, name: str
) -> None:
    for stack in (production, dev):
        recovery = stack.tables[name]["PointInTimeRecoverySpecification"]
        assert recovery == {"PointInTimeRecoveryEnabled": True}
        assert stack.tables[name]["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", NAMES)
def test_tables_of_production_are_protected_and_outlive_the_stack(
    production: Stack, dev: Stack, name: str
) -> None:
    assert production.tables[name]["DeletionProtectionEnabled"] is True
    assert dev.tables[name].get("DeletionProtectionEnabled", False) is False
    (logical,) = (
        one
        for one in production.resources("AWS::DynamoDB::Table").values()
        if one["Properties"]["TableName"] == names.physical("production", name)
    )
    assert logical["DeletionPolicy"] == "RetainExceptOnCreate"
    assert logical["UpdateReplacePolicy"] == "Retain"
    assert {one["DeletionPolicy"] for one in dev.resources("AWS::DynamoDB::Table").values()} == {"Delete"}


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_tagged(production: Stack, dev: Stack, name: str) -> None:
    for stack in (production, dev):
        tags = {tag["Key"]: tag["Value"] for tag in stack.tables[name]["Tags"]}
        assert tags == {"Project": "pivotr", "Environment": stack.env}


def test_what_is_short_lived_expires_and_nothing_else_does(production: Stack) -> None:
    found = {name: one.get("TimeToLiveSpecification") for name, one in production.tables.items()}
    expiring = {"AttributeName": "expires_at", "Enabled": True}
    assert found == {name: expiring if name == "work" else None for name in NAMES}


def test_names_and_arns_of_all_tables_are_outputs(production: Stack) -> None:
    outputs = production.template["Outputs"]
    for spec in schema.TABLES:
        assert names.table_output(spec.name, "Name") in outputs
        assert plain(outputs[names.table_output(spec.name, "Arn")]["Value"]).endswith(".Arn>")
