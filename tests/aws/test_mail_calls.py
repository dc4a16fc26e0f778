"""A mail's whole way on the real adapter: as many calls of DynamoDB as calls of the port, six for a mail."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.dynamodb_calls import CONNECT_SECONDS, READ_SECONDS
from pivotr.ports.table import Absent, Change, Check, Delete, Put, Update
from pivotr.storage.schema import TABLES
from tests.aws.moto_inserts import insert_by_puts
from tests.aws.moto_mended import mended
from tests.aws.recorder import (
    Right,
    Seen,
    at_botocore,
    at_the_ports,
    at_work,
    rights_of_request,
    rights_of_table,
)
from tests.aws.resources import create_tables
from tests.aws.unreliable import Waits
from tests.simulation.world import World

OF_A_MAIL = (names.VERIFY_EMAIL.name, names.SEND_EMAIL.name, names.PROCESS_FEEDBACK.name)

#: Method of the port, arguments, options.
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("put", ("leads", {"id": "l1", "email": "asha@rao.example"}), {}),
    ("update", ("leads", ("l1",), Change(set={"status": "new"})), {}),
    ("erase", ("leads", ("l1",), ["email"]), {}),
    ("get", ("leads", ("l1",)), {"consistent": True}),
    ("get_many", ([("leads", ("l1",)), ("senders", ("s",)), ("leads", ("l2",))],), {}),
    ("query", ("templates", "t"), {}),
    ("query", ("leads", "new"), {"index": "status-index"}),
    ("scan", ("settings",), {}),
    ("delete", ("leads", ("l1",)), {}),
    (
        "transact",
        (
            [
                Put("logs", {"campaignId": "c", "timestamp": "t"}),
                Update("senders", ("s",), Change(add={"ticket": 1})),
                Check("campaigns", ("c",), Absent("id")),
                Delete("work", ("w",)),
            ],
        ),
        {},
    ),
]


def campaign(world: World, leads: int, gap: str = "0") -> None:
    """Verify, claim, send, close and hear of the delivery of each."""
    world.setting("account.cap", 1000)
    world.sender(cap=1000)
    world.template()
    world.leads(leads)
    started = world.campaign(cap=1000, gap=gap)
    world.services.transitions.start(started)
    world.run_until_over(started)
    world.run(timedelta(minutes=1))
    assert world.totals(started)["delivered"] == leads


def at_ports(leads: int, gap: str = "0") -> Seen:
    with at_the_ports() as seen:
        campaign(World(), leads, gap)
    return seen


def of_tables(seen: Seen, function: str) -> dict[Right, int]:
    found = seen.rights.get(function, Counter())
    return {right: count for right, count in found.items() if right[0].startswith("dynamodb:")}


def alone(seen: Seen, function: str) -> dict[Right, int]:
    """Reads of single items, each a call of its own."""
    return {r: count for r, count in of_tables(seen, function).items() if r[0] == "dynamodb:GetItem"}


def test_a_mail_takes_nine_calls() -> None:
    """A query, two batches, three transactions, two jobs; and the mail itself."""
    few, more = at_ports(3), at_ports(6)
    found: Counter[Right] = Counter()
    for function in OF_A_MAIL:
        found.update(more.rights[function] - few.rights[function])
    assert {right: count / 3 for right, count in found.items()} == {
        ("dynamodb:Query", "table/leads/index/queue-index"): 1,
        ("dynamodb:BatchGetItem", "table/leads"): 2,
        ("dynamodb:BatchGetItem", "table/senders"): 2,
        ("dynamodb:BatchGetItem", "table/campaigns"): 2,
        ("dynamodb:BatchGetItem", "table/suppressions"): 1,
        ("dynamodb:UpdateItem", "table/senders"): 1,
        ("dynamodb:UpdateItem", "table/leads"): 2,
        ("dynamodb:UpdateItem", "table/metrics"): 3,
        ("dynamodb:PutItem", "table/logs"): 2,
        ("sqs:SendMessage", "queue/sending-queue"): 1,
        ("sqs:SendMessage", "queue/verification-queue"): 1,
    }


def test_what_has_to_be_read_again_comes_along_with_what_is_read_anyway() -> None:
    """The account's day is looked at every quarter of an hour, a sender's profile every hour."""
    quick, slow = at_ports(12), at_ports(12, "1200-1300")
    for function in OF_A_MAIL:
        assert alone(slow, function) == alone(quick, function)
    assert slow.rights[names.VERIFY_EMAIL.name]["dynamodb:BatchGetItem", "table/metrics"] >= 10


@pytest.mark.slow
def test_each_call_of_the_port_is_one_call_of_dynamodb(account: None, clients: Clients) -> None:
    client = clients.client("dynamodb", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)
    create_tables(client, "dev")
    world = World()
    table = DynamoTable(clients, "dev", TABLES, world.clock, append_only=frozenset({names.LOGS}))
    insert_by_puts(table)
    world.table = table
    world.services = world.connect()
    seen = Seen()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.note(rights_of_request(model.name, params, "dev"), at_work())

    client.meta.events.register("provide-client-params.dynamodb.*", note)
    try:
        with mended():
            campaign(world, 3)
    finally:
        client.meta.events.unregister("provide-client-params.dynamodb.*", note)
    expected = at_ports(3)
    for function in (*OF_A_MAIL, names.HEARTBEAT.name):
        assert of_tables(seen, function) == of_tables(expected, function)


def test_each_method_of_the_port_needs_the_right_that_the_recorder_says(
    account: None, clients: Clients
) -> None:
    """Bulk inserts are not moto's: their statement is held to its right by the tests of the adapter."""
    client = clients.client("dynamodb", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)
    create_tables(client, "dev")
    table = DynamoTable(clients, "dev", TABLES, Waits())
    with at_botocore(client, "dev") as calls, mended():
        for method, args, options in CALLS:
            getattr(table, method)(*args, **options)
    assert [rights for _, rights in calls] == [
        rights_of_table(method, *args, **options) for method, args, options in CALLS
    ]
