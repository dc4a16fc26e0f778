"""The tables on DynamoDB: what the contract does not say, because only DynamoDB has it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import Stubber

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.dynamodb_calls import CONNECT_SECONDS, READ_SECONDS
from pivotr.errors import InvalidInput, LimitReached, Misconfigured, NoAnswer, Unavailable
from pivotr.ports.table import (
    Absent,
    Change,
    ConditionFailed,
    Equals,
    Item,
    Put,
    Reason,
    TransactionCancelled,
    Update,
)
from pivotr.storage.schema import TABLES
from tests.aws.moto_inserts import insert_by_puts
from tests.aws.resources import create_tables
from tests.aws.unreliable import BadLine, Waits

LANE: Item = {"key": "lane", "ticket": 7, "open": True}


@pytest.fixture
def line(account: None, clients: Clients) -> BadLine:
    create_tables(clients.client("dynamodb"), "dev")
    return BadLine(clients)


@pytest.fixture
def clock() -> Waits:
    return Waits()


@pytest.fixture
def table(line: BadLine, clock: Waits) -> DynamoTable:
    found = DynamoTable(line, "dev", TABLES, clock, append_only=frozenset({names.LOGS}))  # type: ignore[arg-type]
    insert_by_puts(found)
    found.put("settings", LANE)
    line.calls.clear()
    return found


@pytest.fixture
def stub(clients: Clients) -> Any:
    client = clients.client("dynamodb", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def stubbed(stub: Stubber, clients: Clients, clock: Waits) -> DynamoTable:
    return DynamoTable(clients, "dev", TABLES, clock, append_only=frozenset({names.LOGS}))


# Reads


@pytest.mark.parametrize("fault", ["lost", "unconnected", "ThrottlingException", "InternalServerError"])
def test_a_read_is_asked_again(table: DynamoTable, line: BadLine, clock: Waits, fault: str) -> None:
    line.faults = [fault, fault]
    assert table.get("settings", ("lane",)) == LANE
    assert line.names() == ["get_item"] * 3
    assert len(clock.slept) == 2
    assert all(0 < seconds < 0.4 for seconds in clock.slept)


def test_throttling_that_lasts_is_a_busy_database(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["ProvisionedThroughputExceededException"] * 3
    with pytest.raises(Unavailable) as raised:
        table.query("leads", "new", index="status-index")
    assert not isinstance(raised.value, NoAnswer)
    assert raised.value.sentence == "DynamoDB is busy."


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("AccessDeniedException", "pivotr doctor"),
        ("ExpiredTokenException", "Sign in again"),
        ("ResourceNotFoundException", "pivotr deploy"),
    ],
)
def test_what_no_repetition_can_mend_is_said_at_once(
    table: DynamoTable, line: BadLine, code: str, hint: str
) -> None:
    line.faults = [code]
    with pytest.raises(Misconfigured) as raised:
        table.get("settings", ("lane",))
    assert hint in raised.value.hint
    assert len(line.calls) == 1


def keys_of(*ids: str) -> list[dict[str, dict[str, str]]]:
    return [{"id": {"S": one}} for one in ids]


def test_keys_that_a_batch_did_not_get_to_are_asked_for_again(
    stubbed: DynamoTable, stub: Stubber, clock: Waits
) -> None:
    leads, lanes = "pivotr-dev-leads", "pivotr-dev-senders"
    first = {
        leads: {"Keys": keys_of("b", "a"), "ConsistentRead": True},
        lanes: {"Keys": keys_of("s"), "ConsistentRead": True},
    }
    rest = {leads: {"Keys": keys_of("b"), "ConsistentRead": True}}
    stub.add_response(
        "batch_get_item",
        {
            "Responses": {leads: keys_of("a"), lanes: [{"id": {"S": "s"}, "n": {"N": "2.50"}}]},
            "UnprocessedKeys": rest,
        },
        {"RequestItems": first},
    )
    stub.add_response("batch_get_item", {"Responses": {leads: keys_of("b")}}, {"RequestItems": rest})
    wanted = [("leads", ("b",)), ("senders", ("s",)), ("leads", ("a",)), ("leads", ("b",))]
    found = stubbed.get_many(wanted, consistent=True)
    assert found == [{"id": "b"}, {"id": "s", "n": 2.5}, {"id": "a"}, {"id": "b"}]
    assert len(clock.slept) == 1


def test_a_batch_that_never_ends_is_a_busy_database(stubbed: DynamoTable, stub: Stubber) -> None:
    request = {"pivotr-dev-leads": {"Keys": keys_of("a"), "ConsistentRead": False}}
    for _ in range(8):
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": request}, None)
    with pytest.raises(Unavailable):
        stubbed.get_many([("leads", ("a",))])


def test_a_page_cut_short_by_its_size_goes_on(stubbed: DynamoTable, stub: Stubber) -> None:
    last = {"id": {"S": "t"}, "version": {"S": "0001"}}
    stub.add_response("query", {"Items": [last], "LastEvaluatedKey": last}, None)
    stub.add_response(
        "query",
        {"Items": []},
        {
            "TableName": "pivotr-dev-templates",
            "KeyConditionExpression": "#0 = :0",
            "ExpressionAttributeNames": {"#0": "id"},
            "ExpressionAttributeValues": {":0": {"S": "t"}},
            "ScanIndexForward": True,
            "ConsistentRead": False,
            "ExclusiveStartKey": last,
            "Limit": 101,
        },
    )
    page = stubbed.query("templates", "t")
    assert [item["version"] for item in page.items] == ["0001"]
    assert stubbed.query("templates", "t", cursor=page.cursor).cursor is None


# Writes whose answer is lost


def test_a_conditional_update_knows_itself_again(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered"]
    new = table.update("settings", ("lane",), Change(set={"why": "cap"}), condition=Absent("why"))
    assert new == {**LANE, "why": "cap"}
    assert line.names() == ["update_item", "update_item"]


def test_a_put_if_absent_knows_itself_again(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered", "lost", None]
    entry = {"campaignId": "c", "timestamp": "a#sent", "tags": frozenset({"x"}), "none": frozenset()}
    table.put("logs", entry)
    assert len(line.calls) == 3


def test_a_conditional_delete_knows_itself_again(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered"]
    table.delete("settings", ("lane",), condition=Equals("ticket", 7))
    assert table.get("settings", ("lane",)) is None


def test_a_refusal_after_a_lost_answer_is_believed_to_nobody(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["lost"]
    with pytest.raises(NoAnswer):
        table.update("settings", ("lane",), Change(set={"why": "cap"}), condition=Equals("ticket", 8))
    assert table.get("settings", ("lane",)) == LANE


def test_a_refusal_without_a_lost_answer_is_certain(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["ThrottlingException", "TransactionConflictException"]
    with pytest.raises(ConditionFailed) as failed:
        table.update("settings", ("lane",), Change(set={"why": "cap"}), condition=Equals("ticket", 8))
    assert failed.value.item == LANE


def test_nothing_is_counted_twice(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered"]
    with pytest.raises(NoAnswer):
        table.update("settings", ("lane",), Change(add={"ticket": 1}))
    assert table.get("settings", ("lane",)) == {**LANE, "ticket": 8}


def test_a_counter_is_tried_again_where_surely_nothing_happened(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["ThrottlingException", "unconnected"]
    assert table.update("settings", ("lane",), Change(add={"ticket": 1}))["ticket"] == 8


def test_throttling_after_a_lost_answer_leaves_a_doubt(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered", "ThrottlingException", "ThrottlingException"]
    with pytest.raises(NoAnswer):
        table.put("settings", {"key": "k"})
    assert table.get("settings", ("k",)) == {"key": "k"}


# Transactions


def test_a_transaction_is_asked_once_and_carries_its_token(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["ThrottlingException", "lost", "TransactionInProgressException"]
    token = "20261124T091305123Z-0123456789abcdef"
    for error in (Unavailable, NoAnswer, NoAnswer):
        with pytest.raises(error):
            table.transact([Put("settings", {"key": "k"})], token=token)
    assert [request["ClientRequestToken"] for _, request in line.calls] == [token] * 3


def test_without_a_token_each_transaction_draws_one(table: DynamoTable, line: BadLine) -> None:
    table.transact([Put("settings", {"key": "k"})])
    table.transact([Put("settings", {"key": "k"})])
    first, second = (request["ClientRequestToken"] for _, request in line.calls)
    assert first != second


def test_each_cancellation_reason_keeps_its_place(stubbed: DynamoTable, stub: Stubber) -> None:
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        "Transaction cancelled",
        modeled_fields={
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ConditionalCheckFailed", "Message": "…", "Item": {"key": {"S": "b"}}},
                {"Code": "ConditionalCheckFailed", "Message": "…"},
                {"Code": "TransactionConflict", "Message": "…"},
                {"Code": "ThrottlingError", "Message": "…"},
            ]
        },
    )
    writes = [Put("settings", {"key": key}, Absent("key")) for key in "abcde"]
    with pytest.raises(TransactionCancelled) as cancelled:
        stubbed.transact(writes)
    assert cancelled.value.reasons == (
        None,
        Reason("condition", {"key": "b"}),
        Reason("condition", None),
        Reason("conflict", None),
        Reason("throttled", None),
    )


def test_an_item_that_grows_too_large_is_named_as_such(stubbed: DynamoTable, stub: Stubber) -> None:
    text = "Item size to update has exceeded the maximum allowed size"
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        "Transaction cancelled",
        modeled_fields={"CancellationReasons": [{"Code": "ValidationError", "Message": text}]},
    )
    stub.add_client_error("update_item", "ValidationException", text)
    change = Change(set={"text": "x"})
    with pytest.raises(LimitReached):
        stubbed.transact([Update("settings", ("k",), change)])
    with pytest.raises(LimitReached):
        stubbed.update("settings", ("k",), change)


def test_an_update_that_aws_calls_misplaced_is_a_failed_condition(
    stubbed: DynamoTable, stub: Stubber
) -> None:
    """Where the map around an attribute goes between the conditions and the change, if that can be."""
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        "Transaction cancelled",
        modeled_fields={
            "CancellationReasons": [
                {"Code": "None"},
                {
                    "Code": "ValidationError",
                    "Message": "The document path provided in the update expression is invalid for update",
                },
            ]
        },
    )
    asked = {"pivotr-dev-senders": {"Keys": [{"id": {"S": "lane"}}], "ConsistentRead": True}}
    stub.add_response(
        "batch_get_item",
        {"Responses": {"pivotr-dev-senders": [{"id": {"S": "lane"}, "ticket": {"N": "7"}}]}},
        {"RequestItems": asked},
    )
    change = Change(set={("campaigns", "c1", "used"): 1})
    with pytest.raises(TransactionCancelled) as cancelled:
        stubbed.transact([Put("settings", {"key": "k"}), Update("senders", ("lane",), change)])
    assert cancelled.value.reasons == (None, Reason("condition", {"id": "lane", "ticket": 7}))


def test_a_removal_without_a_place_does_not_stop_a_transaction(table: DynamoTable) -> None:
    change = Change(set={"ticket": 8}, remove=(("never", "deep"),))
    only = Change(remove=(("never", "deep"),))
    table.put("settings", {"key": "other"})
    table.transact([Update("settings", ("lane",), change), Update("settings", ("other",), only)])
    assert table.get("settings", ("lane",)) == {**LANE, "ticket": 8}


# Bulk inserts


def row(number: int) -> Item:
    return {"id": f"l{number:04d}", "import_id": "i1", "line": number}


def statements(*numbers: int) -> dict[str, Any]:
    text = "INSERT INTO \"pivotr-dev-leads\" VALUE {'id': ?, 'import_id': ?, 'line': ?}"
    return {
        "Statements": [
            {"Statement": text, "Parameters": [{"S": f"l{n:04d}"}, {"S": "i1"}, {"N": str(n)}]}
            for n in numbers
        ]
    }


def answers(*codes: str) -> dict[str, Any]:
    return {"Responses": [{"Error": {"Code": code}} if code else {} for code in codes]}


def test_rows_go_in_batches_of_twenty_five(stubbed: DynamoTable, stub: Stubber) -> None:
    stub.add_response("batch_execute_statement", answers(*[""] * 25), statements(*range(25)))
    stub.add_response("batch_execute_statement", answers("", "DuplicateItem"), statements(25, 26))
    assert stubbed.insert_many("leads", [row(n) for n in range(27)]) == [True] * 26 + [False]


def test_only_rows_that_were_throttled_are_sent_again(
    stubbed: DynamoTable, stub: Stubber, clock: Waits
) -> None:
    stub.add_response(
        "batch_execute_statement",
        answers("", "ThrottlingError", "DuplicateItem", "TransactionConflict"),
        statements(0, 1, 2, 3),
    )
    stub.add_response(
        "batch_execute_statement", answers("ProvisionedThroughputExceeded", ""), statements(1, 3)
    )
    stub.add_response("batch_execute_statement", answers(""), statements(1))
    assert stubbed.insert_many("leads", [row(n) for n in range(4)]) == [True, True, False, True]
    assert len(clock.slept) == 2


def test_own_rows_after_a_lost_answer_count_as_inserted(stubbed: DynamoTable, stub: Stubber) -> None:
    """The first call was carried out; the second finds all three, of which one was somebody else's before."""
    stub.add_client_error("batch_execute_statement", "InternalServerError", http_status_code=500)
    stub.add_response("batch_execute_statement", answers(*["DuplicateItem"] * 3), statements(0, 1, 2))
    found = [{"id": {"S": f"l{n:04d}"}, "import_id": {"S": "i1"}, "line": {"N": str(n)}} for n in (0, 1)]
    other = {"id": {"S": "l0002"}, "import_id": {"S": "i0"}, "line": {"N": "2"}}
    keys = [{"id": {"S": f"l{n:04d}"}} for n in (0, 1, 2)]
    stub.add_response(
        "batch_get_item",
        {"Responses": {"pivotr-dev-leads": [*found, other]}},
        {"RequestItems": {"pivotr-dev-leads": {"Keys": keys, "ConsistentRead": True}}},
    )
    assert stubbed.insert_many("leads", [row(n) for n in range(3)]) == [True, True, False]


def test_a_duplicate_is_looked_at_only_where_an_answer_was_lost(stubbed: DynamoTable, stub: Stubber) -> None:
    stub.add_response("batch_execute_statement", answers("DuplicateItem"), statements(0))
    assert stubbed.insert_many("leads", [row(0)]) == [False]


def test_throttling_that_lasts_says_whether_anything_was_inserted(
    stubbed: DynamoTable, stub: Stubber
) -> None:
    for _ in range(8):
        stub.add_client_error("batch_execute_statement", "ThrottlingException")
    with pytest.raises(Unavailable) as raised:
        stubbed.insert_many("leads", [row(0), row(1)])
    assert not isinstance(raised.value, NoAnswer)
    stub.add_response("batch_execute_statement", answers("", "ThrottlingError"), None)
    for _ in range(7):
        stub.add_response("batch_execute_statement", answers("ThrottlingError"), None)
    with pytest.raises(NoAnswer):
        stubbed.insert_many("leads", [row(0), row(1)])


def test_a_name_from_a_file_never_gets_into_a_statement(stubbed: DynamoTable) -> None:
    with pytest.raises(InvalidInput, match="cannot be the name"):
        stubbed.insert_many("leads", [{"id": "l1", "it's": 1}])


def test_bulk_inserts_survive_a_bad_line(table: DynamoTable, line: BadLine) -> None:
    line.faults = ["unanswered", "lost", "ThrottlingException"]
    assert table.insert_many("leads", [row(n) for n in range(4)]) == [True] * 4
    assert len(table.scan("leads").items) == 4


# Items


@pytest.mark.parametrize("value", [10**38, 1e127, 1e-131, {"": 1}], ids=str)
def test_what_dynamodb_cannot_hold_is_refused(table: DynamoTable, value: Any) -> None:
    with pytest.raises(InvalidInput):
        table.put("settings", {"key": "k", "value": value})


def test_numbers_keep_their_value(table: DynamoTable) -> None:
    numbers = [0, -7, 2**63, 10**37, 0.1, -2.5e-7, 1e21, 3.0]
    table.put("settings", {"key": "k", "numbers": numbers})
    found = table.get("settings", ("k",))
    assert found is not None
    assert found["numbers"] == numbers
