"""Stacks on CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault, message_of
from pivotr.errors import Rejected
from pivotr.ports.deployment import Change, Stack, StackEvent

_EMPTY: Final = ("didn't contain changes", "No updates are to be performed")


class CloudFormationStacks:
    """Stacks of the account and region that the clients reach."""

    def __init__(self, clients: Clients) -> None:
        self._client = clients.client("cloudformation", attempts=5)

    def find(self, name: str) -> Stack | None:
        """A stack as it is now; None where there is none."""
        try:
            with _translated():
                found = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except Rejected as error:
            if _is_absence(error.__cause__):
                return None
            raise
        if found["StackStatus"] == "DELETE_COMPLETE":
            return None
        return Stack(
            name=found["StackName"],
            status=found["StackStatus"],
            reason=found.get("StackStatusReason", ""),
            outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
            is_protected=bool(found.get("EnableTerminationProtection")),
        )

    def changes(self, name: str, change_set: str) -> tuple[Change, ...]:
        """What a prepared change set would do; empty where it would do nothing."""
        found: list[Change] = []
        query: dict[str, str] = {"StackName": name, "ChangeSetName": change_set}
        while True:
            with _translated():
                page = self._client.describe_change_set(**query)
            if page["Status"] == "FAILED":
                reason = page.get("StatusReason", "")
                if any(text in reason for text in _EMPTY):
                    return ()
                raise Rejected(
                    f"CloudFormation does not accept the template: {reason}",
                    hint="See what changed with: pivotr diff",
                )
            found += [_change(one["ResourceChange"]) for one in page["Changes"] if "ResourceChange" in one]
            if not page.get("NextToken"):
                return tuple(found)
            query["NextToken"] = page["NextToken"]

    def execute(self, name: str, change_set: str) -> None:
        """Begin with a prepared change set."""
        with _translated():
            self._client.execute_change_set(StackName=name, ChangeSetName=change_set)

    def discard(self, name: str, change_set: str) -> None:
        """Throw a prepared change set away, and with it a stack that only exists for it."""
        with _translated():
            self._client.delete_change_set(StackName=name, ChangeSetName=change_set)
        found = self.find(name)
        if found is not None and found.status == "REVIEW_IN_PROGRESS":
            self.delete(name)

    def events(self, name: str, since: datetime) -> tuple[StackEvent, ...]:
        """What happened at or after an instant, oldest first."""
        found: list[StackEvent] = []
        query: dict[str, str] = {"StackName": name}
        while True:
            with _translated():
                page = self._client.describe_stack_events(**query)
            fresh = [one for one in page["StackEvents"] if one["Timestamp"] >= since]
            found += [_event(one) for one in fresh]
            if len(fresh) < len(page["StackEvents"]) or not page.get("NextToken"):
                return tuple(reversed(found))
            query["NextToken"] = page["NextToken"]

    def resource_count(self, name: str) -> int:
        """How many resources a stack has."""
        count = 0
        query: dict[str, str] = {"StackName": name}
        while True:
            with _translated():
                page = self._client.list_stack_resources(**query)
            count += len(page["StackResourceSummaries"])
            if not page.get("NextToken"):
                return count
            query["NextToken"] = page["NextToken"]

    def protect(self, name: str, *, is_protected: bool) -> None:
        """Switch termination protection."""
        with _translated():
            self._client.update_termination_protection(
                StackName=name, EnableTerminationProtection=is_protected
            )

    def delete(self, name: str) -> None:
        """Begin to delete a stack."""
        with _translated():
            self._client.delete_stack(StackName=name)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise fault(error, "CloudFormation") from error


def _is_absence(error: BaseException | None) -> bool:
    """CloudFormation has no code of its own for a stack that is not there."""
    return (
        isinstance(error, ClientError)
        and code_of(error) == "ValidationError"
        and "does not exist" in message_of(error)
    )


def _change(found: dict[str, Any]) -> Change:
    return Change(
        action=found["Action"],
        resource=found["LogicalResourceId"],
        kind=found["ResourceType"],
        physical=found.get("PhysicalResourceId", ""),
        replacement=found.get("Replacement", ""),
    )


def _event(found: dict[str, Any]) -> StackEvent:
    return StackEvent(
        id=found["EventId"],
        at=found["Timestamp"],
        resource=found["LogicalResourceId"],
        kind=found.get("ResourceType", ""),
        status=found.get("ResourceStatus", ""),
        reason=found.get("ResourceStatusReason", ""),
    )
