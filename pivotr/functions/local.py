"""The embedded environment's event sources: records go from the queues to the real handlers.

One dispatcher hands records to a pool of threads, per function no more at once than its reserved concurrency.
What a handler acknowledges is deleted; what it fails stays hidden until its visibility time-out, as on AWS.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pivotr import names
from pivotr.errors import PivotrError
from pivotr.functions import heartbeat, process_feedback, send_email, verify_email
from pivotr.functions.events import schedule_event, sqs_event
from pivotr.functions.runtime import BatchAnswer
from pivotr.names import FunctionSpec, QueueSpec
from pivotr.ports.queues import Received

if TYPE_CHECKING:
    from pivotr.wiring import Services

_log = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], "Services"], BatchAnswer]
#: Which handler reads which queue.
SOURCES: tuple[tuple[QueueSpec, FunctionSpec, Handler], ...] = (
    (names.SENDING_QUEUE, names.SEND_EMAIL, send_email.handle),
    (names.VERIFICATION_QUEUE, names.VERIFY_EMAIL, verify_email.handle),
    (names.FEEDBACK_QUEUE, names.PROCESS_FEEDBACK, process_feedback.handle),
)
INVOCATIONS = f"invoke:{names.HEARTBEAT.name}"

_SCHEDULE = timedelta(minutes=5)
#: While nothing is due the heartbeat looks again, so that a campaign is completed without five minutes' wait.
_IDLE_AFTER_WORK = timedelta(seconds=1)
_IDLE = timedelta(seconds=60)
_LONGEST_PAUSE = 0.5
#: Replies are looked for so often.
_MAILBOX = "mailbox"
_MAILBOX_EVERY = timedelta(seconds=60)


@dataclass(slots=True)
class RunnerState:
    """What the runner has done so far and is doing now, per function."""

    handled: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    last_error: str = ""


def deliver(
    services: Services, queue: QueueSpec, handler: Handler, records: list[Received]
) -> tuple[int, int]:
    """Give records to a handler and delete what it acknowledges; returns how many passed and failed."""
    settings = services.settings
    event = sqs_event(queue.name, records, environment=settings.env, region=settings.region)
    failed = {item["itemIdentifier"] for item in handler(event, services)["batchItemFailures"]}
    for record in records:
        if record.id not in failed:
            services.ports.queues.delete(queue.name, record.receipt)
    return len(records) - len(failed), len(failed)


class LocalRunner:
    """Drives the embedded environment until it is told to stop."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ports = services.ports
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._heartbeat_at: datetime | None = None
        self._polled_at: datetime | None = None
        self._worked_since = True
        self.state = RunnerState()

    def run(
        self,
        stop: threading.Event,
        *,
        until_idle: bool = False,
        on_tick: Callable[[RunnerState], None] = lambda _: None,
    ) -> None:
        """Work until `stop` is set or, with `until_idle`, until no campaign runs and every queue is empty.

        Jobs at work are finished first. Raises what the storage raises when it cannot be read at all.
        """
        size = sum(spec.concurrency for _, spec, _ in SOURCES) + 2
        with ThreadPoolExecutor(size, thread_name_prefix="pivotr") as pool:
            while not stop.is_set():
                self._wake.clear()
                moved = sum(chore() for chore in self._ports.chores)
                moved += self._beat(pool)
                self._look_for_replies(pool)
                moved += sum(self._dispatch(pool, *source) for source in SOURCES)
                on_tick(self.state)
                if moved:
                    self._worked_since = True
                    continue
                if until_idle and self._is_idle():
                    if not self._worked_since:
                        return
                    self._heartbeat_at = None  # what stopped at the last moment is told before leaving
                    continue
                self._wake.wait(self._pause())

    def _is_busy(self) -> bool:
        with self._lock:
            return any(self.state.busy.values())

    def _is_idle(self) -> bool:
        """Nothing at work, nothing to announce, no record visible, and no campaign that may still send."""
        if self._is_busy() or any(chore() for chore in self._ports.chores):
            return False
        depths = [self._ports.queues.depth(queue.name) for queue, _, _ in SOURCES]
        if any(depth.waiting or depth.in_flight for depth in depths):
            return False
        live = [campaign for campaign in self._services.campaigns.all() if campaign.status == "running"]
        return not live and not self._services.heartbeat.has_sweeps()

    def _pause(self) -> float:
        """Seconds to the next visible record, at most half a second."""
        coming = self._next_visible_at()
        if coming is None:
            return _LONGEST_PAUSE
        now = self._ports.clock.now().timestamp()
        return min(_LONGEST_PAUSE, max(0.005, coming / 1000 - now))

    def _next_visible_at(self) -> int | None:
        look: Callable[[], int | None] = getattr(self._ports.queues, "next_visible_at", lambda: None)
        return look()

    def _dispatch(
        self, pool: ThreadPoolExecutor, queue: QueueSpec, spec: FunctionSpec, handler: Handler
    ) -> int:
        """Hand as many records of a queue to the pool as its function has room for."""
        with self._lock:
            free = spec.concurrency - self.state.busy[spec.name]
        count = 0
        while free > 0:
            records = self._ports.queues.receive(queue.name, limit=queue.batch)
            if not records:
                break
            free -= 1
            count += len(records)
            with self._lock:
                self.state.busy[spec.name] += 1
            pool.submit(self._work, queue, spec, handler, records)
        return count

    def _work(self, queue: QueueSpec, spec: FunctionSpec, handler: Handler, records: list[Received]) -> None:
        passed, failed, error = 0, len(records), ""
        try:
            passed, failed = deliver(self._services, queue, handler, records)
        except PivotrError as refused:
            error = refused.sentence
        except Exception as unexpected:
            _log.exception("%s failed", spec.name)
            error = f"{type(unexpected).__name__}: {unexpected}"
        with self._lock:
            self.state.busy[spec.name] -= 1
            self.state.handled[spec.name] += passed
            self.state.failed[spec.name] += failed
            if error:
                self.state.last_error = error
        self._wake.set()

    def _beat(self, pool: ThreadPoolExecutor) -> int:
        """Run the heartbeat when its time has come, when it was called, or while nothing else is to do."""
        with self._lock:
            if self.state.busy[names.HEARTBEAT.name]:
                return 0
        now = self._ports.clock.now()
        calls = self._ports.queues.receive(INVOCATIONS, limit=10)
        for call in calls:
            self._ports.queues.delete(INVOCATIONS, call.receipt)
        if not calls and not self._is_time_for_heartbeat(now):
            return 0
        self._heartbeat_at = now
        self._worked_since = False
        with self._lock:
            self.state.busy[names.HEARTBEAT.name] += 1
        pool.submit(self._run_heartbeat, now)
        return 1 if calls else 0

    def _is_time_for_heartbeat(self, now: datetime) -> bool:
        if self._heartbeat_at is None or now < self._heartbeat_at:
            return True
        since = now - self._heartbeat_at
        if since >= _SCHEDULE:
            return True
        if self._is_busy():
            return False
        coming = self._next_visible_at()
        is_quiet = coming is None or coming / 1000 > now.timestamp() + 1
        return is_quiet and since >= (_IDLE_AFTER_WORK if self._worked_since else _IDLE)

    def _run_heartbeat(self, now: datetime) -> None:
        settings = self._services.settings
        event = schedule_event(now, environment=settings.env, region=settings.region)
        error = ""
        try:
            done = heartbeat.handle(event, self._services)
            if any(done.values()):
                self._worked_since = True
        except PivotrError as refused:
            error = refused.sentence
        except Exception as unexpected:
            _log.exception("heartbeat failed")
            error = f"{type(unexpected).__name__}: {unexpected}"
        with self._lock:
            self.state.busy[names.HEARTBEAT.name] -= 1
            self.state.handled[names.HEARTBEAT.name] += 0 if error else 1
            self.state.failed[names.HEARTBEAT.name] += 1 if error else 0
            self.state.last_error = error or self.state.last_error
        self._wake.set()

    def _look_for_replies(self, pool: ThreadPoolExecutor) -> None:
        """Read the mailbox once a minute, where there is one."""
        if not self._services.settings.mailbox:
            return
        now = self._ports.clock.now()
        with self._lock:
            is_time = self._polled_at is None or not timedelta(0) <= now - self._polled_at < _MAILBOX_EVERY
            if self.state.busy[_MAILBOX] or not is_time:
                return
            self.state.busy[_MAILBOX] += 1
        self._polled_at = now
        pool.submit(self._read_mailbox)

    def _read_mailbox(self) -> None:
        error, count = "", 0
        try:
            count = self._services.incoming.poll()
        except PivotrError as refused:
            error = refused.sentence
        except Exception as unexpected:
            _log.exception("reading the mailbox failed")
            error = f"{type(unexpected).__name__}: {unexpected}"
        with self._lock:
            self.state.busy[_MAILBOX] -= 1
            self.state.handled[_MAILBOX] += count
            self.state.failed[_MAILBOX] += 1 if error else 0
            self.state.last_error = error or self.state.last_error
            self._worked_since |= count > 0
        self._wake.set()
