"""Look at what a deployment has made: a line for each finding, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping

from pivotr import names
from pivotr.domain.checkups import Line, asked, failure, may_sns_write, ok, warning
from pivotr.errors import PivotrError
from pivotr.names import QueueSpec
from pivotr.ports.clock import Clock
from pivotr.ports.deployment import Stack, Stacks
from pivotr.ports.inspection import Inspector
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES

#: Kinds of events that the engine learns from; without them bounces and complaints are never heard of.
EVENT_KINDS = frozenset({"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY"})
#: States of a trigger that feeds its function, now or in a moment.
_FEEDING = ("Enabled", "Enabling", "Updating", "Creating")
#: An API that was made a moment ago answers so many seconds later at the latest, looked at this often.
_PATIENCE, _PACE = 30, 3


class DeployedDoctor:
    """One stack and what is in it."""

    def __init__(
        self,
        *,
        settings: Settings,
        inspector: Inspector,
        stacks: Stacks,
        clock: Clock,
        api_url: Callable[[Mapping[str, str]], str],
    ) -> None:
        self._settings = settings
        self._inspect = inspector
        self._stacks = stacks
        self._clock = clock
        self._api_url = api_url

    def lines(self) -> Iterator[Line]:
        """Every finding; only one where nothing is deployed."""
        stack = yield from self._of_stack()
        if stack is None:
            return
        outputs = stack.outputs
        yield from asked("events", lambda: self._of_events(outputs))
        for subject, check in self._parts(outputs):
            yield from asked(subject, check)
        yield from asked("secrets", self._of_secrets)
        yield from asked("alerts", lambda: self._of_alerts(outputs))
        yield from asked("api", lambda: self._of_api(outputs))

    def after_deployment(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        """Whether all that was just deployed is there and answers; not what an operator has yet to add.

        Who deploys need not have the right to look: then a check is a warning.
        """
        for subject, check in self._parts(outputs):
            yield from asked(subject, check, unseen=warning)
        for looks in range(_PATIENCE // _PACE, -1, -1):
            found = next(asked("api", lambda: self._of_api(outputs)))
            if found.level != "failure" or not looks:
                yield found
                return
            self._clock.sleep(_PACE)

    def _parts(self, outputs: Mapping[str, str]) -> Iterator[tuple[str, Callable[[], Iterator[Line]]]]:
        yield "queues", lambda: self._of_queues(outputs)
        yield "tables", self._of_tables
        yield "functions", self._of_functions
        yield "alarms", self._of_alarms

    def _of_stack(self) -> Generator[Line, None, Stack | None]:
        name = names.stack(self._settings.env)
        try:
            stack = self._stacks.find(name)
        except PivotrError as error:
            yield failure("stack", f"Could not be looked at: {error.sentence}", error.hint)
            return None
        if stack is None:
            yield failure("stack", f"{name} is not deployed.", "Deploy it: pivotr deploy")
            return None
        if stack.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            yield ok("stack", stack.status)
        else:
            yield warning("stack", stack.status, "See what is with it: pivotr deploy")
        return stack

    def _of_events(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        name = outputs.get(names.OUTPUT_CONFIGURATION_SET) or self._settings.configuration_set
        kinds = self._inspect.event_kinds(name) if name else None
        if kinds is None:
            yield failure(
                "events",
                f"There is no configuration set {name or ''}: bounces are never heard of.",
                "Name yours with PIVOTR_CONFIGURATION_SET, or PIVOTR_CREATE_FEEDBACK=true and deploy.",
            )
        elif missing := EVENT_KINDS - kinds:
            yield failure(
                "events",
                f"{name} does not report {', '.join(sorted(missing))}.",
                "Add them to its event destination in the SES console.",
            )
        else:
            yield ok("events", f"{name} reports {', '.join(sorted(kinds)).lower()}")

    def _of_queues(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        for spec in names.QUEUES:
            is_feedback = spec is names.FEEDBACK_QUEUE
            given = outputs.get(names.OUTPUT_FEEDBACK_QUEUE_URL) if is_feedback else None
            yield self._of_queue(spec, given or self._physical(spec.name), is_feedback=is_feedback)

    def _of_queue(self, spec: QueueSpec, queue: str, *, is_feedback: bool) -> Line:
        found = self._inspect.queue(queue)
        if found is None:
            return failure(spec.name, f"{queue} is not there.", "Deploy again: pivotr deploy")
        if found.visibility < spec.visibility:
            return warning(
                spec.name,
                f"Records come back after {found.visibility} s, six times the function's time-out is better.",
                f"aws sqs set-queue-attributes --queue-url {queue} "
                f"--attributes VisibilityTimeout={spec.visibility}",
            )
        if not found.max_receive:
            return warning(
                spec.name,
                "It has no dead-letter queue: a record that cannot be handled is tried for days.",
                "Give it a redrive policy with maxReceiveCount 5.",
            )
        if is_feedback and self._settings.env != "sandbox" and not may_sns_write(found.policy):
            return failure(
                spec.name,
                "Its policy does not let SNS write to it: events of SES never arrive.",
                "Allow sns.amazonaws.com sqs:SendMessage, with aws:SourceArn = your topic.",
            )
        return ok(spec.name, f"visibility {found.visibility} s, dead letters after {found.max_receive}")

    def _of_tables(self) -> Iterator[Line]:
        for spec in TABLES:
            name = self._physical(spec.name)
            found = self._inspect.table(name)
            subject = f"table {spec.name}"
            if found is None:
                yield failure(
                    subject, f"{name} is gone.", "Restore it from point-in-time recovery: docs/operations.md"
                )
            elif missing := {index.name for index in spec.indexes} - found.indexes:
                yield failure(subject, f"lacks {', '.join(sorted(missing))}.", "Deploy again: pivotr deploy")
            elif not found.recovers and self._settings.env != "sandbox":  # the emulator keeps no such thing
                yield warning(subject, "Point-in-time recovery is off.", "Deploy again: pivotr deploy")
            elif self._settings.env == "production" and not found.is_protected:
                yield warning(subject, "Deletion protection is off.", "Deploy again: pivotr deploy")
            else:
                number = len(found.indexes)
                yield ok(subject, f"{found.status.lower()}, {number} {'index' if number == 1 else 'indexes'}")

    def _of_functions(self) -> Iterator[Line]:
        fed = (names.SEND_EMAIL, names.VERIFY_EMAIL, names.PROCESS_FEEDBACK)
        for spec in names.FUNCTIONS:
            name = self._physical(spec.name)
            found = self._inspect.function(name)
            subject = f"function {spec.name}"
            if found is None:
                yield failure(subject, f"{name} is gone.", "Deploy again: pivotr deploy")
                continue
            wanted = spec.concurrency if self._settings.reserved_concurrency else None
            sources = self._inspect.event_sources(name) if spec in fed else ()
            stopped = [arn for arn, state in sources if state not in _FEEDING]
            if stopped or (spec in fed and not sources):
                yield failure(
                    subject, "Its queue does not feed it.", f"Enable the trigger of {name}, or: pivotr deploy"
                )
            elif found.reserved != wanted:
                yield warning(
                    subject,
                    f"{found.reserved or 'no'} executions reserved instead of {wanted or 'none'}.",
                    "Deploy again: pivotr deploy",
                )
            else:
                yield ok(subject, f"{found.state.lower()}, {found.reserved or 'no'} reserved")

    def _of_secrets(self) -> Iterator[Line]:
        wanted = {names.SECRET_KEYS: "Deploy again: pivotr deploy"}
        if self._settings.verifier == "myemailverifier":
            wanted[names.SECRET_VERIFIER] = "Set it: pivotr secrets set myemailverifier"
        for name, advice in wanted.items():
            if self._inspect.has_secret(self._physical(name)):
                yield ok(f"secret {name}", "is set")
            else:
                yield failure(f"secret {name}", "is not set.", advice)

    def _of_alarms(self) -> Iterator[Line]:
        found = self._inspect.alarms(self._physical(""))
        ringing = sorted(name for name, state in found.items() if state == "ALARM")
        for name in ringing:
            yield failure("alarm", f"{name} is in ALARM.", "What it means: docs/operations.md")
        if not ringing:
            silent = sum(state == "INSUFFICIENT_DATA" for state in found.values())
            yield ok(
                "alarms", f"{len(found)}, none rings" + (f"; {silent} have no data yet" if silent else "")
            )

    def _of_alerts(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        topic = outputs.get(names.OUTPUT_ALERT_TOPIC)
        heard = self._inspect.subscriptions(topic) if topic else ()
        pending = [endpoint for endpoint, is_confirmed in heard if not is_confirmed]
        if pending:
            yield warning("alerts", f"{pending[0]} has not confirmed yet.", "Follow the link in SNS's mail.")
        elif not heard:
            yield warning("alerts", "Nobody hears of alarms.", "Set PIVOTR_ALERT_EMAIL and deploy.")
        else:
            yield ok("alerts", ", ".join(endpoint for endpoint, _ in heard))

    def _of_api(self, outputs: Mapping[str, str]) -> Iterator[Line]:
        url = self._api_url(outputs)
        status = self._inspect.answer_of(f"{url}/api/health") if url else 0
        if status == 200:
            yield ok("api", f"{url} is well")
        elif status in (401, 403):
            yield ok("api", f"{url} asks who is there")
        else:
            log = f"/aws/lambda/{self._physical(names.API_METRICS.name)}"
            yield failure(
                "api", f"{url or 'It'} answers {status or 'nothing'}.", f"Read {log} in CloudWatch."
            )
        if self._settings.env == "production" and not self._settings.public_url:
            yield warning(
                "unsubscribe",
                "Links in mails die with this API: it has no host of its own.",
                "Give it a domain and set PIVOTR_PUBLIC_URL.",
            )

    def _physical(self, name: str) -> str:
        return names.physical(self._settings.env, name)
