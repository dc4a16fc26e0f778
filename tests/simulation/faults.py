"""Faults at the ports: every call that crosses one is counted, and one of them (or two) goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pivotr.errors import NoAnswer, Unavailable
from pivotr.ports.mailer import Accepted, NotSent, Unknown

#: What can happen to a call. "lost": it took effect, but the answer never came.
FAULTS = ("crash before", "crash after", "throttled", "time-out", "lost answer", "duplicate record")


class Crash(BaseException):
    """The process dies at this very point: nothing of it runs any more."""


@dataclass(frozen=True)
class Point:
    """The call at which something goes wrong, counted over the whole run, and what goes wrong."""

    call: int
    fault: str


@dataclass
class Script:
    """Counts calls and says which of them go wrong."""

    points: tuple[Point, ...] = ()
    calls: int = 0
    names: list[str] = field(default_factory=list)
    duplicate_now: bool = False
    armed: bool = True
    hit: list[str] = field(default_factory=list)

    def next(self, name: str) -> str:
        """The fault of this call, or an empty string."""
        if not self.armed:
            return ""
        number = self.calls
        self.calls += 1
        self.names.append(name)
        for point in self.points:
            if point.call == number:
                self.hit.append(f"{point.fault} at call {number}: {name}")
                if point.fault == "duplicate record":
                    self.duplicate_now = True
                    return ""
                return point.fault
        return ""


_TABLE = ("get", "get_many", "query", "scan", "put", "update", "delete", "transact", "insert_many", "erase")
_QUEUES = ("send", "send_many", "invoke")


class FaultyPort:
    """A port whose named methods are counted; everything else passes through."""

    def __init__(self, port: Any, script: Script, methods: tuple[str, ...], label: str) -> None:
        self._port = port
        self._script = script
        self._methods = methods
        self._label = label

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name not in self._methods:
            return method
        return self._wrapped(name, method)

    def _wrapped(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            fault = self._script.next(f"{self._label}.{name}")
            if fault == "crash before":
                raise Crash
            if fault == "throttled":
                raise Unavailable("throttled")
            if fault == "time-out":
                raise NoAnswer("timed out")
            result = method(*args, **kwargs)
            if fault == "crash after":
                raise Crash
            if fault == "lost answer":
                raise NoAnswer("the answer was lost")
            return result

        return call


class FaultyProvider:
    """The mail provider under the same script; its faults are its own answers."""

    def __init__(self, provider: Any, script: Script) -> None:
        self._provider = provider
        self._script = script

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def send(self, mail: Any) -> Any:
        fault = self._script.next("mailer.send")
        if fault == "crash before":
            raise Crash
        if fault == "throttled":
            return NotSent("throttled", "Maximum sending rate exceeded.")
        if fault == "time-out":
            return Unknown("read timed out")
        outcome = self._provider.send(mail)
        if fault == "crash after":
            raise Crash
        if fault == "lost answer" and isinstance(outcome, Accepted):
            return Unknown("read timed out")
        return outcome

    def quota(self) -> Any:
        fault = self._script.next("mailer.quota")
        if fault in ("crash before", "crash after"):
            raise Crash
        if fault in ("throttled", "time-out", "lost answer"):
            raise Unavailable("throttled")
        return self._provider.quota()


def faulty_table(table: Any, script: Script) -> FaultyPort:
    """The table under a script."""
    return FaultyPort(table, script, _TABLE, "table")


def faulty_queues(queues: Any, script: Script) -> FaultyPort:
    """The queues under a script; receiving and deleting are Lambda's part, not ours."""
    return FaultyPort(queues, script, _QUEUES, "queues")


def faulty_checker(checker: Any, script: Script) -> FaultyPort:
    """The verifier under a script."""
    return FaultyPort(checker, script, ("check",), "verifier")
