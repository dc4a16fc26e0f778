"""Roles: what the table of permissions says, no more and no less, in the form that AWS checks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pivotr import names
from pivotr.infra import permissions
from pivotr.storage import schema
from tests.infra.conftest import Stack, plain

FUNCTIONS = {spec.name: spec for spec in names.FUNCTIONS}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_holds_the_actions_of_the_table_and_no_other(production: Stack, name: str) -> None:
    found = {
        action
        for one in production.policy(name)
        for action in listed(one["Action"])
        if one["Effect"] == "Allow"
    }
    assert found == {action for action, _ in permissions.pairs(FUNCTIONS[name])}
    assert not [action for action in found if action.endswith("*")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_reaches_its_own_tables_by_name(production: Stack, name: str) -> None:
    found = {
        plain(resource).rpartition(":table/")[2].removeprefix("pivotr-production-")
        for one in production.policy(name)
        for resource in listed(one["Resource"])
        if ":table/" in plain(resource)
    }
    wanted = {
        resource.removeprefix("table/")
        for _, resource in permissions.pairs(FUNCTIONS[name])
        if resource.startswith("table/")
    }
    assert found == wanted


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_policy_names_each_statement_once_as_iam_demands(name: str) -> None:
    sids = [one.sid for one in permissions.statements(FUNCTIONS[name])]
    assert len(sids) == len(set(sids))
    assert all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_policy_fits_into_its_role(production: Stack, name: str) -> None:
    """Inline policies of a role take 10,240 characters together, white space aside (IAM quotas)."""
    resolved = [
        {**one, "Resource": [plain(resource) for resource in listed(one["Resource"])]}
        for one in production.policy(name)
    ]
    text = json.dumps(resolved, separators=(",", ":"))
    for pseudo, longest in (
        ("<AWS::Partition>", "aws-us-gov"),
        ("<AWS::Region>", "ap-southeast-1"),
        ("<AWS::AccountId>", "1" * 12),
    ):
        text = text.replace(pseudo, longest)
    assert len(text) < 10_240


def test_only_what_has_no_resource_is_granted_on_everything(production: Stack) -> None:
    for name in FUNCTIONS:
        for one in production.policy(name):
            if "*" in [plain(resource) for resource in listed(one["Resource"])]:
                assert set(listed(one["Action"])) <= set(permissions.EVERYTHING)


def test_the_log_is_append_only_for_every_role(production: Stack) -> None:
    writing = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"}
    for name in FUNCTIONS:
        for one in production.policy(name):
            on_log = any(
                plain(resource).endswith("-logs") and ":table/" in plain(resource)
                for resource in listed(one["Resource"])
            )
            actions = {action.removeprefix("dynamodb:") for action in listed(one["Action"])}
            if on_log and actions & writing:
                assert actions == {"PutItem"}
                assert one["Condition"] == {
                    "ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": "TransactWriteItems"}
                }


def test_mails_leave_from_the_named_identities_through_the_named_set_only(
    production: Stack, dev: Stack
) -> None:
    (mail,) = [one for one in production.policy("send-email") if one["Sid"] == "Mail"]
    assert set(mail["Action"]) == {"ses:SendEmail", "ses:SendRawEmail"}
    ends = sorted(plain(resource).rpartition(":")[2] for resource in mail["Resource"])
    assert ends == [
        "configuration-set/acme-events",
        "identity/*@acme.test",
        "identity/acme.example",
        "identity/acme.test",
        "identity/sales@acme.example",
    ]
    (anyone,) = [one for one in dev.policy("send-email") if one["Sid"] == "Mail"]
    assert sorted(plain(one).rpartition(":")[2] for one in anyone["Resource"]) == [
        "configuration-set/pivotr-dev-events", "identity/*",
    ]  # fmt: skip


def test_secrets_are_named_with_the_six_characters_that_aws_adds(production: Stack) -> None:
    (secrets,) = [one for one in production.policy("verify-email") if one["Sid"] == "Secrets"]
    assert secrets["Action"] == "secretsmanager:GetSecretValue"
    assert sorted(plain(one).rpartition(":")[2] for one in secrets["Resource"]) == [
        "pivotr-production-keys-??????", "pivotr-production-myemailverifier-??????",
    ]  # fmt: skip


def test_what_the_guide_grants_is_granted() -> None:
    tables = {
        "send-email": {"leads", "logs", "metrics"},
        "verify-email": {"leads"},
        "process-feedback": {"leads", "metrics", "campaigns"},
    }
    for name, wanted in tables.items():
        pairs = permissions.pairs(FUNCTIONS[name])
        for table in wanted:
            actions = {action for action, resource in pairs if resource == f"table/{table}"}
            assert actions & {"dynamodb:UpdateItem", "dynamodb:PutItem"}, (name, table)
            assert actions & {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}, (name, table)
    assert ("sqs:SendMessage", "queue/sending-queue") in permissions.pairs(names.VERIFY_EMAIL)
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert (action, "queue/feedback-queue") in permissions.pairs(names.PROCESS_FEEDBACK)


def test_the_way_out_is_open_to_the_world_and_so_has_the_smallest_role_of_all() -> None:
    sizes = {name: len(permissions.pairs(spec)) for name, spec in FUNCTIONS.items() if name != "api-metrics"}
    assert min(sizes, key=lambda name: sizes[name]) == "unsubscribe"


def test_every_table_and_index_of_the_permissions_exists() -> None:
    for spec in names.FUNCTIONS:
        for on in permissions.GRANTS[spec].tables:
            indexes = {index.name for index in schema.table(on.table).indexes}
            assert set(on.indexes) <= indexes
    assert set(permissions.GRANTS) == set(names.FUNCTIONS)


def test_an_alarm_has_room_for_the_operations_of_every_table() -> None:
    for spec in schema.TABLES:
        assert 1 <= len(permissions.operations(spec.name)) <= 10, spec.name
