"""A world with a stepped clock: the real handlers, tables and queues; fakes only at mailer and verifier."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

from pivotr import names
from pivotr.adapters.embedded.sqlite_file import SqliteFile
from pivotr.adapters.embedded.sqlite_queues import SqliteQueues
from pivotr.adapters.embedded.sqlite_table import SqliteTable
from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.pacing import parse_gap
from pivotr.domain.steps import parse_step
from pivotr.domain.templates import TemplateVersion
from pivotr.domain.windows import parse_window
from pivotr.errors import PivotrError
from pivotr.functions import heartbeat
from pivotr.functions.events import schedule_event
from pivotr.functions.local import INVOCATIONS, SOURCES, deliver
from pivotr.ports.mailer import Accepted, Mail, Outcome, Quota
from pivotr.ports.table import Item
from pivotr.ports.verifier import Verification
from pivotr.settings import Settings
from pivotr.storage.codec import lead_from, lead_item
from pivotr.storage.lanes import Lanes
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.schema import TABLES
from pivotr.storage.settings import SettingsStore
from pivotr.storage.templates import Templates
from pivotr.wiring import Ports, Secrets, Services
from tests.simulation.faults import (
    Crash,
    FaultyProvider,
    Script,
    faulty_checker,
    faulty_queues,
    faulty_table,
)

LEAD_KEY = b"lead key of a test world"
HEARTBEAT_EVERY = timedelta(minutes=5)


class SteppedClock:
    """Stands still until the world moves it; tokens count."""

    def __init__(self, start: datetime) -> None:
        self.instant = start
        self.tokens = 0

    def now(self) -> datetime:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:016x}"

    def ms(self) -> int:
        return round(self.instant.timestamp() * 1000)


@dataclass(frozen=True)
class Posted:
    """One mail that the provider took."""

    at: datetime
    mail: Mail
    message_id: str

    @property
    def to(self) -> str:
        return self.mail.recipients[0]

    @property
    def tags(self) -> dict[str, str]:
        return dict(self.mail.tags)

    @property
    def message(self) -> Any:
        return message_from_bytes(self.mail.data, policy=policy.default)


@dataclass
class Provider:
    """Plays the mail provider; `answers` decides per mail, `events` what it announces and when."""

    clock: SteppedClock
    answers: Callable[[Mail], Outcome | None] = lambda mail: None
    posted: list[Posted] = field(default_factory=list)
    asked: list[Mail] = field(default_factory=list)
    limit: Quota | None = None
    takes: float = 0.2

    def send(self, mail: Mail) -> Outcome:
        self.asked.append(mail)
        self.clock.sleep(self.takes)
        answer = self.answers(mail)
        if answer is not None and not isinstance(answer, Accepted):
            return answer
        return self.accept(mail)

    def accept(self, mail: Mail) -> Accepted:
        message_id = f"0100-{len(self.posted):06d}-000000"
        self.posted.append(Posted(self.clock.now(), mail, message_id))
        return Accepted(message_id)

    def quota(self) -> Quota | None:
        return self.limit


@dataclass
class Checker:
    """Plays the verifier."""

    verdicts: dict[str, Verification] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails: Callable[[str], Exception | None] = lambda email: None
    name: str = "test"
    credits_matter: bool = False

    def check(self, email: str) -> Verification:
        self.asked.append(email)
        error = self.fails(email)
        if error:
            raise error
        return self.verdicts.get(email, Verification("valid", frozenset(), ""))

    def credits(self) -> int | None:
        return None


class World:
    """Everything of one environment, and the loop that moves it."""

    def __init__(
        self,
        start: str = "2026-11-23T04:05:00+00:00",
        *,
        announces: bool = True,
        script: Script | None = None,
    ) -> None:
        self.script = script or Script(armed=False)
        self.clock = SteppedClock(datetime.fromisoformat(start).astimezone(UTC))
        self.file = SqliteFile(None)
        self.table: Any = SqliteTable(self.file, TABLES, self.clock.ms, append_only=frozenset({names.LOGS}))
        self.queues: Any = SqliteQueues(self.file, names.QUEUES, self.clock.ms)
        self.provider = Provider(self.clock)
        self.checker = Checker()
        self.announces = announces
        self._announced = 0
        self._actions: list[tuple[datetime, int, Callable[[], object]]] = []
        self._next_beat = self.clock.now()
        self.beats = True
        self.steps = 0
        self.crashes = 0
        self.errors = 0
        #: Highest limits that held at any time, where a story lowers one.
        self.peak_limit: dict[str, int] = {}
        self.peak_sender_cap = 0
        self.peak_cap = 0
        self.windows_changed = False
        #: (campaign, lead, step) → how often an operator has said "again" about a mail in doubt.
        self.repeated: Counter[tuple[str, str, str]] = Counter()
        self.services = self.connect()

    @property
    def observer(self) -> Services:
        """A process that only looks: no fault ever meets it, and it remembers nothing."""
        return self.connect(is_observer=True)

    def connect(self, *, is_observer: bool = False) -> Services:
        """A fresh process on the same data: nothing remembered."""
        table, queues, provider, checker = self.table, self.queues, self.provider, self.checker
        if not is_observer and (self.script.points or self.script.armed):
            table, queues = faulty_table(table, self.script), faulty_queues(queues, self.script)
            provider, checker = FaultyProvider(provider, self.script), faulty_checker(checker, self.script)
        ports = Ports(
            table=table,
            queues=queues,
            clock=self.clock,
            make_mailer=lambda: provider,
            make_verifier=lambda: checker,
            make_secrets=lambda: Secrets(LEAD_KEY, (b"unsubscribe key",)),
        )
        return Services(Settings(), ports)

    # --- set-up ---------------------------------------------------------------------------------------------

    def sender(self, address: str = "sales@acme.example", **options: Any) -> str:
        options = {"name": "Acme Sales", "zone": "Asia/Kolkata", **options}
        return self.services.senders.add(address, **options).id

    def template(
        self, name: str = "intro", subject: str = "Hello {{FirstName|there}}", text: str = ""
    ) -> None:
        newest = Templates(self.table).newest(name)
        version = TemplateVersion(
            id=name,
            version=newest.version + 1 if newest else 1,
            subject=subject,
            text=text or "{Hi|Hello} {{FirstName|there}},\n\nshall we talk?\n",
            created_at=to_text(self.clock.now()),
        )
        put = Templates(self.table).creation(version)
        self.table.put(put.table, put.item, condition=put.condition)

    def leads(
        self, count: int, *, list_name: str = "diwali", prefix: str = "p", domain: str = "x.example"
    ) -> None:
        found = [f"{prefix}{number:04d}@{domain}" for number in range(count)]
        items = [
            lead_item(
                Lead(
                    id=lead_id(LEAD_KEY, email),
                    email=email,
                    domain=domain,
                    first_name=f"Asha{number}",
                    full_name=f"Asha{number} Rao",
                    created_at=to_text(self.clock.now()),
                )
            )
            for number, email in enumerate(found)
        ]
        self.table.insert_many(names.LEADS, items)
        Memberships(self.table).add_many(list_name, [item["id"] for item in items], now=self.clock.now())

    def campaign(
        self,
        name: str = "Diwali",
        *,
        senders: tuple[str, ...] = ("sales@acme.example",),
        lists: tuple[str, ...] = ("diwali",),
        steps: tuple[str, ...] = ("intro",),
        window: str = "mon-fri 09:30-17:30 Asia/Kolkata",
        gap: str = "60-180",
        cap: int = 80,
        **options: Any,
    ) -> str:
        created = self.services.campaigns.create(
            name,
            steps=[parse_step(step, first=number == 0) for number, step in enumerate(steps)],
            senders=senders,
            lists=lists,
            window=parse_window(window),
            gap=parse_gap(gap),
            cap=cap,
            **options,
        )
        return created.id

    def setting(self, key: str, value: Any) -> None:
        write = SettingsStore(self.table).assignment(key, value, actor="test", now=self.clock.now())
        self.table.update(write.table, write.key, write.change)
        Lanes(self.table).note_all()

    # --- time -----------------------------------------------------------------------------------------------

    def at(self, instant: datetime, action: Callable[[], object]) -> None:
        """Do something at an instant."""
        self._actions.append((instant, len(self._actions), action))
        self._actions.sort(key=lambda entry: entry[:2])

    def after(self, delay: timedelta, action: Callable[[], object]) -> None:
        self.at(self.clock.now() + delay, action)

    def run(self, span: timedelta, *, until: Callable[[], bool] = lambda: False) -> None:
        """Move the world on for a span of time, or until something is true."""
        end = self.clock.now() + span
        while not until():
            instant = self._next(end)
            if instant is None:
                self.clock.instant = max(self.clock.now(), end)
                return
            self.clock.instant = max(self.clock.now(), instant)
            self.step()

    def run_until_over(self, *campaigns: str, days: int = 60) -> None:
        """Until every named campaign is completed or swept; fails when that does not happen in time."""
        self.run(timedelta(days=days), until=lambda: all(self.is_over(campaign) for campaign in campaigns))
        assert all(self.is_over(campaign) for campaign in campaigns), "the campaigns never came to an end"

    def is_over(self, campaign: str) -> bool:
        found = self.table.get(names.CAMPAIGNS, (campaign,))
        return found["status"] == "completed" or (found["status"] == "aborted" and found["swept"])

    def step(self) -> None:
        """Everything that is due at this instant."""
        self.steps += 1
        now = self.clock.now()
        while self._actions and self._actions[0][0] <= now:
            self._actions.pop(0)[2]()
        self._announce()
        calls = self.queues.receive(INVOCATIONS, limit=10)
        for call in calls:
            self.queues.delete(INVOCATIONS, call.receipt)
        if calls or (self.beats and self._next_beat <= now):
            if self._next_beat <= now:
                self._next_beat = now + HEARTBEAT_EVERY
            self.guarded(self.beat)
        for queue, _, handler in SOURCES:
            records = self.queues.receive(queue.name, limit=queue.batch)
            if records:
                self.guarded(lambda: deliver(self.services, queue, handler, records))  # noqa: B023
                if self.script.duplicate_now:
                    self.script.duplicate_now = False
                    self.guarded(lambda: deliver(self.services, queue, handler, records))  # noqa: B023

    def guarded(self, work: Callable[[], object]) -> None:
        """Run one invocation; a crash ends it and the next one is a fresh process."""
        try:
            work()
        except Crash:
            self.crashes += 1
            self.services = self.connect()
        except PivotrError:
            # An operator would say it again, and the next heartbeat comes by itself.
            self.errors += 1

    def beat(self) -> None:
        heartbeat.handle(schedule_event(self.clock.now(), environment="local", region="-"), self.services)

    def _next(self, end: datetime) -> datetime | None:
        """The next instant at which something is due, or None when that is after the end."""
        instants = [end]
        if self._actions:
            instants.append(self._actions[0][0])
        if self.beats:
            instants.append(self._next_beat)
        visible = self.queues.next_visible_at()
        if visible is not None:
            instants.append(datetime.fromtimestamp(visible / 1000, UTC))
        if self._announced < len(self.provider.posted) and self.announces:
            instants.append(self.clock.now())
        first = min(instants)
        return None if first >= end else first

    def _announce(self) -> None:
        if not self.announces:
            return
        for posted in self.provider.posted[self._announced :]:
            self.feedback(delivery_event(posted))
        self._announced = len(self.provider.posted)

    def feedback(self, body: str) -> None:
        self.queues.send(names.FEEDBACK_QUEUE.name, body)

    # --- looking --------------------------------------------------------------------------------------------

    def read(self, campaign: str) -> Campaign:
        return self.observer.campaigns.get(campaign)

    def read_status(self, campaign: str) -> str:
        return str(self.table.get(names.CAMPAIGNS, (campaign,))["status"])

    def all_leads(self) -> list[Lead]:
        return [lead_from(item) for item in self.items(names.LEADS)]

    def statuses(self) -> Counter[str]:
        return Counter(lead.status for lead in self.all_leads())

    def items(self, table: str) -> list[Item]:
        found: list[Item] = []
        cursor = None
        while True:
            page = self.table.scan(table, limit=1000, cursor=cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return found

    def totals(self, campaign: str) -> dict[str, int]:
        return Metrics(self.table).totals(campaign)


def event_of(posted: Posted, kind: str, at: datetime | None = None, **detail: Any) -> str:
    """A real-shaped event-publishing record about one mail."""
    import json

    instant = to_text(at or posted.at)
    mail = {
        "timestamp": to_text(posted.at),
        "source": posted.mail.sender,
        "sendingAccountId": "123456789012",
        "messageId": posted.message_id,
        "destination": list(posted.mail.recipients),
        "headersTruncated": False,
        "headers": [],
        "commonHeaders": {"from": [posted.mail.sender], "to": list(posted.mail.recipients)},
        "tags": {name: [value] for name, value in posted.mail.tags.items()},
    }
    key = kind[0].lower() + kind[1:]
    return json.dumps({"eventType": kind, "mail": mail, key: {"timestamp": instant, **detail}})


def delivery_event(posted: Posted) -> str:
    return event_of(
        posted,
        "Delivery",
        processingTimeMillis=500,
        recipients=list(posted.mail.recipients),
        smtpResponse="250 2.0.0 OK",
        reportingMTA="a8-1.smtp-out.amazonses.com",
    )


def bounce_event(posted: Posted, bounce_type: str = "Permanent", subtype: str = "General") -> str:
    return event_of(
        posted,
        "Bounce",
        bounceType=bounce_type,
        bounceSubType=subtype,
        bouncedRecipients=[{"emailAddress": posted.to, "action": "failed", "status": "5.1.1"}],
        feedbackId=f"fb-{posted.message_id}",
    )


def complaint_event(posted: Posted) -> str:
    return event_of(
        posted,
        "Complaint",
        complainedRecipients=[{"emailAddress": posted.to}],
        complaintFeedbackType="abuse",
        feedbackId=f"fc-{posted.message_id}",
    )
