"""What each function may do: one table `function → (actions, resource)`, the only source of the roles.

Derived from what the code calls; a test compares it with the calls that are seen. Standard library only.
Transactions need the actions of their parts, batch reads and bulk inserts are actions of their own, a read of
an index needs the index (DynamoDB developer guide, "IAM policy condition keys" and "PartiQL security").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pivotr import names
from pivotr.names import FunctionSpec

GET, BATCH_GET, QUERY, SCAN = "GetItem", "BatchGetItem", "Query", "Scan"
PUT, UPDATE, DELETE, CHECK, INSERT = (
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "ConditionCheckItem",
    "PartiQLInsert",
)

#: Nothing but one action with no resource of its own may name `*`; the reason stands beside it.
EVERYTHING = {"ses:GetAccount": "SES knows no resource for it; the heartbeat reads the day's quota with it."}


@dataclass(frozen=True, slots=True)
class OnTable:
    """Calls on one table: by themselves (`single`), as parts of a transaction (`transacted`), on indexes."""

    table: str
    single: tuple[str, ...] = ()
    transacted: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations under which CloudWatch counts these calls (dimension `Operation`)."""
        found = {"BatchExecuteStatement" if name == INSERT else name for name in self.single}
        found |= {"TransactWriteItems"} if self.transacted else set()
        found |= {QUERY} if self.indexes else set()
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Statement:
    """Actions on resources; a resource is `kind/name`, which the infrastructure turns into an ARN.

    Kinds: table, queue, secret, function, identity, configuration-set, bucket, logs, topic; `*` by itself.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Grants:
    """Everything one function calls. `reads` is a queue that Lambda reads for it."""

    tables: tuple[OnTable, ...]
    sends_to: tuple[str, ...] = ()
    reads: str = ""
    secrets: tuple[str, ...] = ()
    invokes: tuple[str, ...] = ()
    is_sending: bool = False
    others: tuple[Statement, ...] = ()


_LANES = OnTable(names.SENDERS, (GET, BATCH_GET, UPDATE), (UPDATE,))
_LOG_PUT = OnTable(names.LOGS, transacted=(PUT,))
_COUNTERS = OnTable(names.METRICS, (GET,), (UPDATE,))
_PREFERENCES = OnTable(names.SETTINGS, (GET,))
#: Mails that came in: the cursor of the mailbox, what an operator has to read.
_REPLIES = OnTable(names.WORK, (GET, PUT, UPDATE), (PUT, UPDATE))
_ON_REQUESTS = OnTable(names.WORK, (GET, PUT, UPDATE, DELETE))

GRANTS: dict[FunctionSpec, Grants] = {
    names.SEND_EMAIL: Grants(
        (
            OnTable(names.LEADS, (GET, BATCH_GET), (UPDATE,)),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), (UPDATE,)),
            OnTable(names.LOGS, (GET, QUERY), (PUT, CHECK)),
            _COUNTERS,
            OnTable(names.SETTINGS, (GET,), (CHECK,)),
            OnTable(names.TEMPLATES, (GET,)),
            _LANES,
        ),
        sends_to=(names.SENDING_QUEUE.name, names.VERIFICATION_QUEUE.name),
        reads=names.SENDING_QUEUE.name,
        secrets=(names.SECRET_KEYS,),
        is_sending=True,
    ),
    names.VERIFY_EMAIL: Grants(
        (
            OnTable(names.LEADS, (BATCH_GET, UPDATE), (UPDATE,), ("queue-index",)),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), (UPDATE,)),
            _LOG_PUT,
            OnTable(names.METRICS, (GET, BATCH_GET), (UPDATE,)),
            _PREFERENCES,
            _LANES,
            OnTable(names.SUPPRESSIONS, (GET, BATCH_GET)),
            OnTable(names.WORK, (UPDATE,)),
        ),
        sends_to=(names.SENDING_QUEUE.name, names.VERIFICATION_QUEUE.name),
        reads=names.VERIFICATION_QUEUE.name,
        secrets=(names.SECRET_KEYS, names.SECRET_VERIFIER),
    ),
    names.PROCESS_FEEDBACK: Grants(
        (
            OnTable(names.LEADS, (GET, BATCH_GET), (UPDATE, CHECK), ("domain-index",)),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), (UPDATE,), ("status-index",)),
            OnTable(names.LOGS, (GET, QUERY), (PUT,), ("message-index",)),
            OnTable(names.METRICS, (QUERY,), (UPDATE,)),
            OnTable(names.SETTINGS, (GET,), (UPDATE,)),
            OnTable(names.SENDERS, (GET,), (UPDATE,)),
            OnTable(names.MEMBERSHIPS, (QUERY,), indexes=("lead-index",)),
            OnTable(names.SUPPRESSIONS, (GET,), (PUT,)),
            _REPLIES,
        ),
        reads=names.FEEDBACK_QUEUE.name,
        secrets=(names.SECRET_KEYS,),
    ),
    names.HEARTBEAT: Grants(
        (
            OnTable(names.LEADS, (GET, BATCH_GET, UPDATE), (UPDATE, CHECK), ("queue-index", "domain-index")),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), (UPDATE,), ("status-index",)),
            OnTable(names.LOGS, (GET, QUERY), (PUT, CHECK), ("message-index",)),
            OnTable(names.METRICS, (GET, QUERY), (UPDATE,)),
            OnTable(names.SETTINGS, (GET, UPDATE), (UPDATE,)),
            OnTable(names.SENDERS, (GET, BATCH_GET, SCAN, UPDATE), (UPDATE,)),
            OnTable(names.MEMBERSHIPS, (QUERY,), indexes=("lead-index",)),
            OnTable(names.SUPPRESSIONS, (GET, BATCH_GET), (PUT,)),
            _REPLIES,
        ),
        sends_to=(names.VERIFICATION_QUEUE.name,),
        secrets=(names.SECRET_KEYS, names.SECRET_MAILBOX),
        others=(
            Statement("Quota", ("ses:GetAccount",), ("*",)),
            Statement("Alarms", ("sns:Publish",), (f"topic/{names.ALERTS}",)),
        ),
    ),
    names.UNSUBSCRIBE: Grants(
        (
            OnTable(names.LEADS, (GET,), (UPDATE,)),
            OnTable(names.CAMPAIGNS, (GET,)),
            _LOG_PUT,
            OnTable(names.METRICS, transacted=(UPDATE,)),
            _PREFERENCES,
            OnTable(names.SENDERS, (GET,)),
            OnTable(names.SUPPRESSIONS, (GET,), (PUT,)),
        ),
        secrets=(names.SECRET_KEYS,),
    ),
    names.LEAD_IMPORT: Grants(
        (
            OnTable(names.LEADS, (GET, BATCH_GET, UPDATE, INSERT)),
            _LOG_PUT,
            OnTable(names.MEMBERSHIPS, (BATCH_GET, INSERT)),
            OnTable(names.SETTINGS, (GET,), (UPDATE,)),
            OnTable(names.SUPPRESSIONS, (GET, BATCH_GET, SCAN)),
            OnTable(names.WORK, (GET, BATCH_GET, SCAN, PUT, UPDATE, INSERT, DELETE)),
        ),
        secrets=(names.SECRET_KEYS,),
        invokes=(names.LEAD_IMPORT.name,),
        others=(Statement("LeadFiles", ("s3:GetObject", "s3:PutObject"), ("bucket/imports/imports/*",)),),
    ),
    names.API_LEADS: Grants(
        (
            OnTable(
                names.LEADS,
                (GET, BATCH_GET, SCAN, UPDATE, INSERT),
                (UPDATE,),
                ("status-index", "domain-index"),
            ),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), indexes=("status-index",)),
            OnTable(names.LOGS, (BATCH_GET,), (PUT,), ("lead-index",)),
            OnTable(names.METRICS, transacted=(UPDATE,)),
            OnTable(names.SETTINGS, (GET,), (UPDATE,)),
            OnTable(names.SENDERS, (GET,)),
            OnTable(names.MEMBERSHIPS, (QUERY, BATCH_GET, SCAN, DELETE, INSERT), indexes=("lead-index",)),
            OnTable(names.SUPPRESSIONS, (GET, BATCH_GET, SCAN), (PUT, DELETE)),
            OnTable(names.WORK, (*_ON_REQUESTS.single, SCAN)),
        ),
        secrets=(names.SECRET_KEYS,),
    ),
    names.API_CAMPAIGNS: Grants(
        (
            OnTable(names.LEADS, (GET, BATCH_GET), indexes=("queue-index",)),
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), (PUT, UPDATE), ("status-index",)),
            OnTable(names.LOGS, (BATCH_GET,), (PUT,), ("lead-index",)),
            OnTable(names.METRICS, (GET, QUERY), (UPDATE,)),
            OnTable(names.SETTINGS, (GET,), (UPDATE, CHECK)),
            OnTable(names.TEMPLATES, (GET, QUERY, SCAN, PUT)),
            OnTable(names.SENDERS, (GET, BATCH_GET, SCAN), (PUT, UPDATE)),
            OnTable(names.MEMBERSHIPS, (QUERY,), indexes=("lead-index",)),
            OnTable(names.SUPPRESSIONS, (BATCH_GET, SCAN)),
            OnTable(names.WORK, (PUT, UPDATE, DELETE), (UPDATE,)),
        ),
        sends_to=tuple(queue.name for queue in names.QUEUES),
        secrets=(names.SECRET_KEYS, names.SECRET_VERIFIER),
        invokes=(names.HEARTBEAT.name,),
        # a test mail leaves from here, and a start asks whether its senders are verified
        is_sending=True,
        others=(
            Statement("Quota", ("ses:GetAccount",), ("*",)),
            Statement("Identities", ("ses:GetEmailIdentity",), ("identity/*",)),
            Statement(
                "DeadLetters",
                ("sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"),
                tuple(f"queue/{queue.dlq}" for queue in names.QUEUES),
            ),
            Statement(
                "Depths",
                ("sqs:GetQueueAttributes",),
                tuple(f"queue/{name}" for queue in names.QUEUES for name in (queue.name, queue.dlq)),
            ),
        ),
    ),
    names.API_METRICS: Grants(
        (
            OnTable(names.CAMPAIGNS, (GET, BATCH_GET), indexes=("status-index",)),
            OnTable(names.METRICS, (GET, QUERY)),
            _PREFERENCES,
        ),
    ),
}


def statements(function: FunctionSpec) -> tuple[Statement, ...]:
    """The policy of a function's role, statement by statement."""
    return tuple(_statements(function, GRANTS[function]))


def pairs(function: FunctionSpec) -> frozenset[tuple[str, str]]:
    """Every (action, resource) that a function may use, as `("dynamodb:GetItem", "table/leads")`."""
    return frozenset(
        (action, resource)
        for statement in statements(function)
        for action in statement.actions
        for resource in statement.resources
    )


def operations(table: str) -> tuple[str, ...]:
    """The operations that any function performs on a table, as CloudWatch names them."""
    found = {
        operation
        for grants in GRANTS.values()
        for on in grants.tables
        if on.table == table
        for operation in on.operations
    }
    return tuple(sorted(found))


def _statements(function: FunctionSpec, grants: Grants) -> Iterator[Statement]:
    yield Statement("OwnLog", ("logs:CreateLogStream", "logs:PutLogEvents"), (f"logs/{function.name}",))
    for on in grants.tables:
        yield from _on_table(on)
    if grants.reads:
        actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        yield Statement("EventSource", actions, (f"queue/{grants.reads}",))
    if grants.sends_to:
        resources = tuple(f"queue/{queue}" for queue in grants.sends_to)
        yield Statement("Jobs", ("sqs:SendMessage", "sqs:GetQueueUrl"), resources)
    if grants.secrets:
        resources = tuple(f"secret/{secret}" for secret in grants.secrets)
        yield Statement("Secrets", ("secretsmanager:GetSecretValue",), resources)
    if grants.invokes:
        resources = tuple(f"function/{name}" for name in grants.invokes)
        yield Statement("Wake", ("lambda:InvokeFunction",), resources)
    if grants.is_sending:
        # Raw mail through `SendEmail` of the second API is authorised as SendRawEmail, and the configuration
        # set is checked beside the identity; both actions are granted, as the guide has them.
        yield Statement("Mail", ("ses:SendEmail", "ses:SendRawEmail"), ("identity/*", "configuration-set/*"))
    yield from grants.others


def _on_table(on: OnTable) -> Iterator[Statement]:
    sid = names.camel(on.table)
    resource = f"table/{on.table}"
    plain = {*on.single, *on.transacted}
    if on.table == names.LOGS:
        # Append-only as far as IAM can: entries are put inside transactions, with what they tell about.
        plain.discard(PUT)
        if PUT in on.transacted:
            only = (("ForAnyValue:StringEquals", "dynamodb:EnclosingOperation", "TransactWriteItems"),)
            yield Statement(f"{sid}Append", (f"dynamodb:{PUT}",), (resource,), only)
    if plain:
        yield Statement(sid, tuple(f"dynamodb:{name}" for name in sorted(plain)), (resource,))
    if on.indexes:
        indexes = tuple(f"{resource}/index/{index}" for index in on.indexes)
        yield Statement(f"{sid}Indexes", ("dynamodb:Query",), indexes)
