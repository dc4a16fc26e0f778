"""One process of a Lambda function: its services, its log, the metric of records that failed.

Clients are built while the module of the entry is imported: the init phase has the CPU, a handler with 128 MB
has 7 % of a core. Outside of Lambda an import builds nothing.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from aws_lambda_powertools import Logger

from pivotr import names
from pivotr.errors import PivotrError
from pivotr.functions import runtime
from pivotr.names import FunctionSpec, QueueSpec
from pivotr.settings import from_env
from pivotr.wiring import Services, connect

Handle: TypeAlias = Callable[[dict[str, Any], Services], Any]
LambdaHandler: TypeAlias = Callable[[dict[str, Any], Any], Any]

#: Seconds after which keys are read again: one that was rotated is in use everywhere by then.
RENEWED_SECONDS: Final = 900.0
_TRIED_AGAIN_SECONDS: Final = 60.0

_log = logging.getLogger(__name__)


class Process:
    """Services of one process; `warm` touches what the function will use, so that it is built before."""

    def __init__(
        self,
        function: FunctionSpec,
        *,
        warm: Callable[[Services], object],
        sends_to: tuple[QueueSpec, ...] = (),
        environ: Mapping[str, str],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.function = function
        self._warm = warm
        self._sends_to = sends_to
        self._environ = environ
        self._now = now
        self._services: Services | None = None
        self._renew_at = 0.0

    def services(self) -> Services:
        """The services, with keys that are no older than a quarter of an hour."""
        if self._services is None:
            self._services = connect(from_env(self._environ), self._environ)
            self._renew_at = self._now() + RENEWED_SECONDS
        elif self._now() >= self._renew_at:
            self.renew()
        return self._services

    def renew(self) -> None:
        """Read the keys anew, and the verifier's; what else a process remembers stays. Old keys are kept
        where the new ones cannot be read."""
        old = self._services
        if old is None:
            return
        fresh = Services(old.settings, replace(old.ports))
        fresh.recent = old.recent
        self._renew_at = self._now() + RENEWED_SECONDS
        try:
            if "secrets" in vars(old.ports):
                fresh.ports.secrets  # noqa: B018 - read now, while the old ones are still there
        except PivotrError as error:
            _log.warning("the keys are not read again: %s", error.sentence)
            self._renew_at = self._now() + _TRIED_AGAIN_SECONDS
            return
        self._services = fresh

    def prepare(self) -> None:
        """Build what the function uses. Nothing is raised: the first event tries again and tells."""
        try:
            services = self.services()
            services.recent.preferences()
            self._warm(services)
            locate: Callable[[str], None] = getattr(services.ports.queues, "locate", lambda _: None)
            for queue in self._sends_to:
                locate(queue.name)
            self._renew_at = self._now() + RENEWED_SECONDS
        except Exception:
            _log.exception("%s is not ready", self.function.name)


def lambda_handler(
    function: FunctionSpec,
    handle: Handle,
    *,
    warm: Callable[[Services], object],
    sends_to: tuple[QueueSpec, ...] = (),
) -> LambdaHandler:
    """The handler that Lambda calls: structured log, failed records counted, errors left to Lambda."""
    process = Process(function, warm=warm, sends_to=sends_to, environ=os.environ)
    return handler_of(process, handle)


def handler_of(process: Process, handle: Handle) -> LambdaHandler:
    """As `lambda_handler`, on a process that exists; in Lambda it is made ready now."""
    log = Logger(service="pivotr", stream=sys.stdout, utc=True, use_rfc3339=True)
    runtime.listen(log.set_correlation_id)
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        process.prepare()

    @log.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ARG001
        log.set_correlation_id(correlation_of(event))
        try:
            answer = handle(event, process.services())
        except Exception:
            _log.exception("%s failed", process.function.name)
            raise
        failed = len(answer["batchItemFailures"]) if _is_batch(answer) else 0
        if failed:
            _tell_failed(process, failed)
        return answer

    return handler


def correlation_of(event: Mapping[str, Any]) -> str | None:
    """What ties the lines of one event together: the id of the request, schedule, record or upload."""
    if request := event.get("requestContext", {}).get("requestId"):
        return str(request)
    records = event.get("Records") or [{}]
    found = (
        event.get("id")
        or event.get("upload")
        or records[0].get("messageId")
        or records[0].get("responseElements", {}).get("x-amz-request-id")
    )
    return str(found) if found else None


def _is_batch(answer: Any) -> bool:
    return isinstance(answer, dict) and "batchItemFailures" in answer


def _tell_failed(process: Process, count: int) -> None:
    """A metric as a line of log (CloudWatch embedded metric format): no call, and no right to make one."""
    services = process.services()
    dimensions = [["Environment"], ["Environment", "Function"]]
    metrics = [{"Name": names.FAILED_RECORDS, "Unit": "Count"}]
    line = {
        "_aws": {
            "Timestamp": int(services.ports.clock.now().timestamp() * 1000),
            "CloudWatchMetrics": [
                {"Namespace": names.METRIC_NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
            ],
        },
        "Environment": services.settings.env,
        "Function": process.function.name,
        names.FAILED_RECORDS: count,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
