"""A client of DynamoDB on a bad line: calls are refused, lost on the way there, or answered into the void."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from pivotr.adapters.aws.clients import Clients


class Waits:
    """Clock port that does not wait but remembers for how long it should have."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._tokens = 0

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 9, 13, 5, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def token(self) -> str:
        self._tokens += 1
        return f"{self._tokens:016x}"


class BadLine:
    """Clients whose next calls meet these faults in turn; None lets a call through, as do all further ones.

    `lost`: never arrives, no answer. `unanswered`: is carried out, no answer. `unconnected`: surely nothing
    happened. Anything else is a code that the service answers with.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self.faults: list[str | None] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def client(self, service: str, **options: Any) -> BadLine:
        self._client = self._clients.client(service, **options)
        return self

    def names(self) -> list[str]:
        return [name for name, _ in self.calls]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append((operation, request))
            fault = self.faults.pop(0) if self.faults else None
            if fault in ("unanswered", None):
                answer = getattr(self._client, operation)(**request)
                if fault is None:
                    return answer
            if fault in ("unanswered", "lost"):
                raise ReadTimeoutError(endpoint_url="https://dynamodb.example")
            if fault == "unconnected":
                raise ConnectTimeoutError(endpoint_url="https://dynamodb.example")
            status = 500 if fault == "InternalServerError" else 400
            raise ClientError(
                {
                    "Error": {"Code": str(fault), "Message": f"{fault} said"},
                    "ResponseMetadata": {"HTTPStatusCode": status},
                },
                operation,
            )

        return call
