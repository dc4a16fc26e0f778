"""What deployed roles let through: every right is used under its role, with its statement and without.

The calls are those of `pivotr.infra.permissions`, which `tests/aws/test_rights.py` proves to be the calls
that functions make. Each is worded so that it changes nothing: by a condition that fails, or for something
that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import ClientError

from pivotr import names
from pivotr.infra.permissions import Statement, statements
from pivotr.names import FunctionSpec
from pivotr.storage.schema import table as spec_of
from tests.e2e.stage import ENV, Stage

#: Actions that the emulator checks under another name or resource than AWS does.
CHECKED_ELSEWHERE = {
    "dynamodb:PartiQLInsert": "asked for as dynamodb:BatchExecuteStatement on everything",
    "ses:SendEmail": "asked for on everything",
    "ses:SendRawEmail": "never asked for",
    "logs:CreateLogStream": "its Lambda writes the log without the role",
    "logs:PutLogEvents": "the same",
}
#: Actions whose call leaves something behind; the other action of the same statement stands for them.
NOT_TRIED = {
    "s3:PutObject": "a file in the bucket wakes the import",
}
_NOBODY = "nobody-of-this-name"

Call = Callable[[], object]


class Worker:
    """One function, as whose role calls are made."""

    def __init__(self, stage: Stage, function: FunctionSpec, outputs: Mapping[str, str]) -> None:
        self._stage = stage
        self._outputs = outputs
        self.function = function
        configuration = stage.client("lambda").get_function_configuration(
            FunctionName=names.physical(ENV, function.name)
        )
        self._role = configuration["Role"]
        answer = stage.client("sts").assume_role(RoleArn=self._role, RoleSessionName="rights")
        self._keys: Mapping[str, str] = answer["Credentials"]

    def may(self, right: tuple[str, str], statement: Statement) -> bool:
        """Whether a call goes through to the service, whatever the service then says."""
        action, resource = right
        try:
            self._call(action, resource, statement)()
        except ClientError as error:
            told = f"{error.response['Error']['Code']} {error.response['Error']['Message']}"
            reasons = " ".join(one.get("Code", "") for one in error.response.get("CancellationReasons", ()))
            return "AccessDenied" not in told + reasons and "not authorized" not in told
        return True

    @contextmanager
    def without(self, sid: str) -> Iterator[None]:
        """The role as it is but for one statement."""
        named = {"RoleName": self._role.rpartition("/")[2], "PolicyName": "calls"}
        iam = self._stage.client("iam")
        document = iam.get_role_policy(**named)["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        rest = [one for one in document["Statement"] if one.get("Sid") != sid]
        assert len(rest) == len(document["Statement"]) - 1, f"{self.function.name} has no statement {sid}"
        iam.put_role_policy(**named, PolicyDocument=json.dumps({**document, "Statement": rest}))
        try:
            yield
        finally:
            iam.put_role_policy(**named, PolicyDocument=json.dumps(document))

    def _call(self, action: str, resource: str, statement: Statement) -> Call:
        service, _, verb = action.partition(":")
        name = resource.partition("/")[2]
        if service == "dynamodb":
            return self._on_table(verb, name, is_in_transaction=bool(statement.conditions))
        if service == "sqs":
            return self._on_queue(verb, name)
        physical, out = names.physical(ENV, name), self._outputs
        client = self._stage.client({"ses": "sesv2"}.get(service, service), self._keys)
        method, arguments = {
            "secretsmanager:GetSecretValue": ("get_secret_value", {"SecretId": physical}),
            "lambda:InvokeFunction": ("invoke", {"FunctionName": physical, "InvocationType": "DryRun"}),
            "ses:GetAccount": ("get_account", {}),
            "ses:GetEmailIdentity": ("get_email_identity", {"EmailIdentity": _NOBODY}),
            "sns:Publish": ("publish", {"TopicArn": out[names.OUTPUT_ALERT_TOPIC], "Message": "-"}),
            "s3:GetObject": ("get_object", {"Bucket": out[names.OUTPUT_IMPORT_BUCKET], "Key": "imports/-"}),
        }[action]
        return lambda: getattr(client, method)(**arguments)

    def _on_table(self, verb: str, resource: str, *, is_in_transaction: bool) -> Call:
        logical, _, index = resource.partition("/index/")
        spec, table = spec_of(logical), names.physical(ENV, logical)
        key = {name: {"S": _NOBODY} for name in (spec.partition, spec.sort) if name}
        client = self._stage.client("dynamodb", self._keys)
        is_there = {
            "ConditionExpression": "attribute_exists(#k)",
            "ExpressionAttributeNames": {"#k": spec.partition},
        }
        if verb == "Query":
            found = next((one for one in spec.indexes if one.name == index), spec)
            return lambda: client.query(
                TableName=table, **({"IndexName": index} if index else {}), Limit=1,
                KeyConditionExpression="#k = :k", ExpressionAttributeNames={"#k": found.partition},
                ExpressionAttributeValues={":k": {"S": _NOBODY}},
            )  # fmt: skip
        change = {"UpdateExpression": "REMOVE absent"}
        if verb == "ConditionCheckItem" or is_in_transaction:
            part = {"Put": {"TableName": table, "Item": key, **is_there}} if verb == "PutItem" else {
                "ConditionCheck": {"TableName": table, "Key": key, **is_there}}  # fmt: skip
            return lambda: client.transact_write_items(TransactItems=[part])
        calls: dict[str, Call] = {
            "GetItem": lambda: client.get_item(TableName=table, Key=key),
            "BatchGetItem": lambda: client.batch_get_item(RequestItems={table: {"Keys": [key]}}),
            "Scan": lambda: client.scan(TableName=table, Limit=1),
            "PutItem": lambda: client.put_item(TableName=table, Item=key, **is_there),
            "UpdateItem": lambda: client.update_item(TableName=table, Key=key, **change, **is_there),
            "DeleteItem": lambda: client.delete_item(TableName=table, Key=key, **is_there),
        }
        return calls[verb]

    def _on_queue(self, verb: str, name: str) -> Call:
        url = self._outputs[names.queue_output(name)]
        client = self._stage.client("sqs", self._keys)
        calls: dict[str, Call] = {
            # a quarter of an hour from now the stack is gone
            "SendMessage": lambda: client.send_message(QueueUrl=url, MessageBody="-", DelaySeconds=900),
            "ReceiveMessage": lambda: client.receive_message(QueueUrl=url, VisibilityTimeout=0),
            "DeleteMessage": lambda: client.delete_message(QueueUrl=url, ReceiptHandle=_NOBODY),
            "PurgeQueue": lambda: client.purge_queue(QueueUrl=url),
            "GetQueueUrl": lambda: client.get_queue_url(QueueName=names.physical(ENV, name)),
            "GetQueueAttributes": lambda: client.get_queue_attributes(QueueUrl=url),
        }
        return calls[verb]


def rights_of(statement: Statement) -> list[tuple[str, str]]:
    """The rights of a statement that can be tried here."""
    return [
        (action, resource)
        for action in statement.actions
        for resource in statement.resources
        if action not in CHECKED_ELSEWHERE and action not in NOT_TRIED
    ]


def check_every_right(stage: Stage) -> None:
    """With its statement each right is let through, and without it refused."""
    outputs = stage.json("outputs")["outputs"]
    for function in names.FUNCTIONS:
        worker = Worker(stage, function, outputs)
        policy = statements(function)
        for statement in policy:
            rights = rights_of(statement)
            assert rights or {*statement.actions} <= CHECKED_ELSEWHERE.keys(), statement
            elsewhere = {
                (action, resource)
                for other in policy
                if other is not statement
                for action in other.actions
                for resource in other.resources
            }
            refused = [right for right in rights if not worker.may(right, statement)]
            assert not refused, f"{function.name} may not {refused}"
            with worker.without(statement.sid):
                kept = [right for right in rights if right not in elsewhere and worker.may(right, statement)]
            assert not kept, f"{function.name} without {statement.sid} may still {kept}"
