"""Look at a deployed environment from all sides: a line for each finding, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import timedelta

from pivotr import names
from pivotr.domain.checkups import Line, failure, may_sns_write, of_domain, ok, warning
from pivotr.errors import PivotrError
from pivotr.names import QueueSpec
from pivotr.ports.clock import Clock
from pivotr.ports.deployment import Account, Stack, Stacks
from pivotr.ports.domains import Domains
from pivotr.ports.inspection import Inspector
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES

#: Kinds of events that the engine learns from; without them bounces and complaints are never heard of.
EVENT_KINDS = frozenset({"SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY"})
#: A larger difference makes AWS refuse signatures soon (five minutes), and days begin at the wrong time.
_SKEW = timedelta(seconds=60)
Check = Callable[[], Iterable[Line]]


class Doctor:
    """One environment in one account."""

    def __init__(
        self,
        *,
        settings: Settings,
        inspector: Inspector,
        account: Account,
        stacks: Stacks,
        domains: Domains,
        clock: Clock,
        senders: Callable[[], Iterable[str]],
        api_url: Callable[[Stack], str],
    ) -> None:
        self._settings = settings
        self._inspect = inspector
        self._account = account
        self._stacks = stacks
        self._domains = domains
        self._clock = clock
        self._senders = senders
        self._api_url = api_url

    def lines(self) -> Iterator[Line]:
        """Every finding. The first that makes the others pointless is the last one."""
        try:
            identity = self._account.identity()
        except PivotrError as error:
            yield failure("credentials", error.sentence, error.hint)
            return
        wanted = self._settings.account
        if wanted and wanted != identity.account:
            yield failure(
                "account",
                f"These credentials open {identity.account}, the settings name {wanted}.",
                "Choose other credentials with AWS_PROFILE, or set PIVOTR_ACCOUNT.",
            )
            return
        yield ok("credentials", f"{identity.arn} in {self._settings.region}")
        yield from self._asked("clock", self._of_clock)
        yield from self._asked("bootstrap", self._of_bootstrap)
        yield from self._asked("concurrency", self._of_concurrency)
        yield from self._asked("ses", self._of_ses)
        yield from self._asked("senders", self._of_senders)
        stack = yield from self._of_stack()
        if stack is None:
            return
        yield from self._asked("events", lambda: self._of_events(stack))
        yield from self._asked("queues", lambda: self._of_queues(stack))
        yield from self._asked("tables", self._of_tables)
        yield from self._asked("functions", self._of_functions)
        yield from self._asked("secrets", self._of_secrets)
        yield from self._asked("alarms", lambda: self._of_alarms(stack))
        yield from self._asked("api", lambda: self._of_api(stack))

    def _asked(self, subject: str, check: Check) -> Iterator[Line]:
        """The lines of a check; one that could not be made is a line as well."""
        try:
            yield from check()
        except PivotrError as error:
            yield failure(subject, f"Could not be looked at: {error.sentence}", error.hint)

    def _of_clock(self) -> Iterator[Line]:
        skew = abs(self._clock.now() - self._inspect.now())
        if skew > _SKEW:
            yield failure(
                "clock",
                f"This machine is {skew.total_seconds():.0f} s off AWS's time.",
                "Let it set its clock from the network (NTP).",
            )
        else:
            yield ok("clock", "agrees with AWS's")

    def _of_bootstrap(self) -> Iterator[Line]:
        version = self._account.bootstrap_version()
        if version is None:
            yield failure("bootstrap", "The account is not prepared for the CDK.", "Run: pivotr bootstrap")
        else:
            yield ok("bootstrap", f"version {version}")

    def _of_concurrency(self) -> Iterator[Line]:
        found = self._account.concurrency(tuple(self._physical(spec.name) for spec in names.FUNCTIONS))
        says = f"{found.limit} executions at once, {found.unreserved} of them unreserved"
        needed = sum(spec.concurrency for spec in names.FUNCTIONS)
        if self._settings.reserved_concurrency and found.unreserved + sum(found.ours.values()) < needed + 100:
            yield warning(
                "concurrency",
                f"{says}; reserving {needed} leaves fewer than 100",
                "Ask for more in Service Quotas, or deploy with --no-reserved-concurrency.",
            )
        else:
            yield ok("concurrency", says)

    def _of_ses(self) -> Iterator[Line]:
        found = self._inspect.ses_account()
        if not found.is_sending or found.enforcement == "SHUTDOWN":
            yield failure(
                "ses",
                "SES has switched sending off.",
                "Answer AWS's mail in the support centre of this account.",
            )
        elif found.enforcement == "PROBATION":
            yield warning(
                "ses",
                "SES reviews this account (PROBATION).",
                "Pause campaigns, find the list that bounces: pivotr metrics show",
            )
        else:
            yield ok("ses", f"{found.enforcement or 'no enforcement'}")
        if found.is_production:
            yield ok("ses access", "production")
        else:
            yield warning(
                "ses access",
                "SES is in its sandbox: only verified addresses get mails.",
                "Ask for production access in the SES console.",
            )
        left = found.max_24_hours - found.sent_24_hours
        yield ok("ses quota", f"{found.max_24_hours:,.0f} mails in 24 h, {left:,.0f} left")
        if self._settings.env == "sandbox":
            return  # the emulator accepts the setting and forgets it
        if missing := {"BOUNCE", "COMPLAINT"} - found.suppresses:
            yield warning(
                "ses suppression",
                f"SES does not keep its own list for {' and '.join(sorted(missing)).lower()}s.",
                "aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT",
            )
        else:
            yield ok("ses suppression", "bounces and complaints")

    def _of_senders(self) -> Iterator[Line]:
        """Identities that mails come from, with DKIM at SES and SPF, DKIM, DMARC in the DNS."""
        addresses = sorted({*self._senders(), *self._settings.identities})
        if not addresses:
            yield warning("senders", "There is no sender.", "Add one: pivotr sender add ADDRESS")
        domains: set[str] = set()
        for address in addresses:
            domain = address.rpartition("@")[2]
            domains.add(domain)
            found = self._inspect.ses_identity(address) or self._inspect.ses_identity(domain)
            at_ses = self._inspect.ses_identity(domain)
            if found is None or not found.is_verified:
                yield failure(
                    f"identity {address}",
                    "SES has not verified it.",
                    f"aws sesv2 create-email-identity --email-identity {domain}",
                )
            elif at_ses is None or at_ses.dkim != "SUCCESS":
                yield warning(
                    f"identity {address}",
                    f"verified, but mails of {domain} carry no DKIM signature of their own.",
                    "Publish the CNAME records that SES shows for the domain.",
                )
            else:
                yield ok(f"identity {address}", "verified, signs with DKIM")
        for domain, found_there in self._domains.look_up(sorted(domains), seconds=5.0).items():
            yield of_domain(
                domain,
                missing=found_there.missing,
                is_unknown=found_there.is_unknown,
                policy=found_there.policy,
            )

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

    def _of_events(self, stack: Stack) -> Iterator[Line]:
        name = stack.outputs.get(names.OUTPUT_CONFIGURATION_SET) or self._settings.configuration_set
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

    def _of_queues(self, stack: Stack) -> Iterator[Line]:
        for spec in names.QUEUES:
            is_feedback = spec is names.FEEDBACK_QUEUE
            given = stack.outputs.get(names.OUTPUT_FEEDBACK_QUEUE_URL) if is_feedback else None
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
                yield ok(subject, f"{found.status.lower()}, {len(found.indexes)} indexes")

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
            stopped = [arn for arn, state in sources if state not in ("Enabled", "Enabling", "Updating")]
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

    def _of_alarms(self, stack: Stack) -> Iterator[Line]:
        found = self._inspect.alarms(self._physical(""))
        ringing = sorted(name for name, state in found.items() if state == "ALARM")
        for name in ringing:
            yield failure("alarm", f"{name} is in ALARM.", "What it means: docs/operations.md")
        if not ringing:
            silent = sum(state == "INSUFFICIENT_DATA" for state in found.values())
            yield ok(
                "alarms", f"{len(found)}, none rings" + (f"; {silent} have no data yet" if silent else "")
            )
        topic = stack.outputs.get(names.OUTPUT_ALERT_TOPIC)
        heard = self._inspect.subscriptions(topic) if topic else ()
        pending = [endpoint for endpoint, is_confirmed in heard if not is_confirmed]
        if pending:
            yield warning("alerts", f"{pending[0]} has not confirmed yet.", "Follow the link in SNS's mail.")
        elif not heard:
            yield warning("alerts", "Nobody hears of alarms.", "Set PIVOTR_ALERT_EMAIL and deploy.")
        else:
            yield ok("alerts", ", ".join(endpoint for endpoint, _ in heard))

    def _of_api(self, stack: Stack) -> Iterator[Line]:
        url = self._api_url(stack)
        status = self._inspect.answer_of(f"{url}/api/health") if url else 0
        if status == 200:
            yield ok("api", f"{url} is well")
        elif status in (401, 403):
            yield ok("api", f"{url} asks who is there")
        else:
            yield failure(
                "api",
                f"{url or 'It'} answers {status or 'nothing'}.",
                f"Look into the log /aws/lambda/{self._physical(names.API_METRICS.name)}.",
            )
        if self._settings.env == "production" and not self._settings.public_url:
            yield warning(
                "unsubscribe",
                "Links in mails die with this API: it has no host of its own.",
                "Give it a domain and set PIVOTR_PUBLIC_URL.",
            )

    def _physical(self, name: str) -> str:
        return names.physical(self._settings.env, name)
