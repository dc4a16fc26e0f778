"""`local` with one's own SES: mails leave through the account, events come from its queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.feedback_poll import EMPTY_SECONDS, FAILED_SECONDS, FeedbackPoll
from pivotr.errors import Misconfigured, Unavailable
from pivotr.functions import process_feedback
from pivotr.functions.local import deliver
from pivotr.names import FEEDBACK_QUEUE
from pivotr.ports.mailer import Accepted, Mail
from pivotr.ports.queues import Received
from pivotr.settings import Settings
from pivotr.wiring import Services, connect
from tests.aws.resources import REGION, create_queue
from tests.aws.ses_server import Ses, serve

EVENTS = Path(__file__).parents[1] / "data/events/sqs_feedback.json"
BODY = json.loads(EVENTS.read_text(encoding="utf-8"))["Records"][0]["body"]
MAIL = Mail("asha@acme.example", ("ravi@rao.example",), b"From: a\r\n\r\nHi\r\n", {"attempt": "a"})
KEYS = {"AWS_SES_ACCESS_KEY_ID": "AKIAOWNSESOWNSES0000", "AWS_SES_SECRET_ACCESS_KEY": "own"}


@dataclass
class Queue:
    """The account's queue, in trouble where a test says so."""

    records: list[Received] = field(default_factory=list)
    trouble: Exception | None = None
    looks: int = 0
    deleted: list[str] = field(default_factory=list)

    def receive(self, queue: str, *, limit: int = 1, visibility: int | None = None) -> list[Received]:
        self.looks += 1
        if self.trouble:
            raise self.trouble
        return self.records[:limit]

    def delete(self, queue: str, receipt: str) -> None:
        self.deleted.append(receipt)
        self.records = [record for record in self.records if record.receipt != receipt]


@dataclass
class Rig:
    """A poll with its queue, what it kept and the seconds it sees."""

    queue: Queue = field(default_factory=Queue)
    kept: list[str] = field(default_factory=list)
    seconds: float = 1000.0

    def __post_init__(self) -> None:
        self.poll = FeedbackPoll(lambda: self.queue, self.kept.extend, lambda: self.seconds)  # type: ignore[arg-type,return-value]


def event(number: int) -> Received:
    return Received(f"id-{number}", f"event {number}", f"r{number}", 1, 0)


def test_events_are_kept_before_they_are_deleted() -> None:
    rig = Rig(Queue([event(number) for number in range(12)]))
    assert [rig.poll(), rig.poll()] == [10, 2]
    assert rig.kept == [f"event {number}" for number in range(12)]
    assert rig.queue.deleted == [f"r{number}" for number in range(12)]


def test_what_could_not_be_kept_stays_in_the_account() -> None:
    queue = Queue([event(1)])

    def full(_: object) -> None:
        raise OSError("disk full")

    poll = FeedbackPoll(lambda: queue, full, lambda: 0.0)  # type: ignore[arg-type,return-value]
    with pytest.raises(OSError, match="disk full"):
        poll()
    assert queue.deleted == []


def test_an_empty_queue_is_looked_at_four_times_a_minute() -> None:
    rig = Rig()
    for _ in range(120):
        rig.poll()
        rig.seconds += 0.5
    assert rig.queue.looks == 60 / EMPTY_SECONDS


def test_trouble_with_the_account_does_not_end_the_run() -> None:
    rig = Rig(Queue([event(1)]))
    rig.poll()
    rig.queue.trouble = Misconfigured("The token is expired.")
    assert rig.poll() == 0
    rig.queue.trouble = None
    rig.queue.records = [event(2)]
    assert rig.poll() == 0
    rig.seconds += FAILED_SECONDS
    assert rig.poll() == 1


def test_a_wrong_set_up_is_told_at_the_first_look() -> None:
    rig = Rig(Queue(trouble=Misconfigured("There are no AWS credentials to use.")))
    with pytest.raises(Misconfigured):
        rig.poll()
    rig.queue.trouble = Unavailable("There is no connection to SQS.")
    assert rig.poll() == 0


@pytest.fixture
def home(no_credentials: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def ses() -> Iterator[Ses]:
    with serve(Ses()) as running:
        yield running


def settings(home: Path, **more: object) -> Settings:
    return Settings.model_validate({"home": home, "mailer": "ses", "region": REGION, **more})


def test_mails_are_signed_with_the_keys_for_ses_where_there_are_any(home: Path, ses: Ses) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/111122223333/ses"
    chosen = settings(home, endpoint_url=ses.url, feedback_queue_url=url, configuration_set="events")
    services = connect(chosen, KEYS)
    assert isinstance(services.ports.mailer.send(MAIL), Accepted)
    (sent,) = ses.sends()
    assert sent["ConfigurationSetName"] == "events"
    assert "Credential=AKIAOWNSESOWNSES0000/" in ses.authorizations[0]
    assert f"/{REGION}/ses/" in ses.authorizations[0]
    services.ports.close()


@pytest.mark.parametrize(
    ("environ", "more", "told"),
    [
        (KEYS, {}, "need the queue of their events"),
        ({"AWS_SES_ACCESS_KEY_ID": "x"}, {"feedback_queue_url": "https://q"}, "belong together"),
    ],
)
def test_a_set_up_with_a_hole_is_refused_before_anything_is_sent(
    home: Path, environ: dict[str, str], more: dict[str, str], told: str
) -> None:
    services = connect(settings(home, **more), environ)
    with pytest.raises(Misconfigured, match=told):
        _ = services.ports.mailer
    (chore,) = services.ports.chores
    with pytest.raises(Misconfigured, match=told):
        chore()
    services.ports.close()


def local_services(home: Path, url: str) -> Services:
    return connect(settings(home, feedback_queue_url=url), KEYS)


def test_a_bounce_in_the_account_reaches_the_local_log(account: None, home: Path, clients: Clients) -> None:
    client = clients.client("sqs", region="eu-west-1")
    url = create_queue(client, FEEDBACK_QUEUE, "ses-events")
    client.send_message(QueueUrl=url, MessageBody=BODY)
    services = local_services(home, url)
    (chore,) = services.ports.chores
    assert chore() == 1
    records = services.ports.queues.receive(FEEDBACK_QUEUE.name)
    assert [record.body for record in records] == [BODY]
    assert deliver(services, FEEDBACK_QUEUE, process_feedback.handle, records) == (1, 0)
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = client.get_queue_attributes(QueueUrl=url, AttributeNames=attributes)["Attributes"]
    assert set(left.values()) == {"0"}
    services.ports.close()
