"""The outbox: exact bytes in a Maildir, events as SES sends them, and no mail without its announcement."""

from __future__ import annotations

import errno
import itertools
import json
import mailbox
import os
import re
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pivotr.adapters.embedded.outbox import Outbox
from pivotr.errors import Unavailable
from pivotr.ports.mailer import Accepted, Mail, NotSent, Outcome, Unknown

START = 1_795_512_785_123  # 2026-11-24T09:33:05.123Z
DATA = (
    b"From: Asha <asha@acme.example>\r\nTo: Ravi <ravi@shop.example>\r\n"
    b"Subject: =?utf-8?b?4KSo4KSu4KS44KWN4KSk4KWH?=\r\nMessage-ID: <20261124T093305123Z-1@acme.example>\r\n"
    b"\r\n.a line with a dot\r\nlast line without an end"
)


class Desk:
    """An outbox with its clock, and everything that it announced."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.now = START
        self.announced: list[dict[str, Any]] = []
        tokens = itertools.count()
        self.outbox = Outbox(
            folder,
            announce=options.pop("announce", lambda body: self.announced.append(json.loads(body))),
            now_ms=lambda: self.now,
            token=lambda: f"{next(tokens):016x}",
            **{"durable": False, **options},
        )

    def send(self, *recipients: str, data: bytes = DATA) -> Outcome:
        to = recipients or ("ravi@shop.example",)
        return self.outbox.send(Mail("asha@acme.example", to, data, {"campaign": "c1", "step": "1"}))

    def accepted(self, *recipients: str) -> str:
        outcome = self.send(*recipients)
        assert isinstance(outcome, Accepted)
        return outcome.message_id

    def files(self, name: str) -> list[str]:
        folder = self.folder / name
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def later(self) -> Desk:
        """A new process on the same folder, ten minutes on."""
        desk = Desk(self.folder)
        desk.now = self.now + 600_000
        return desk

    def announced_ids(self) -> list[str]:
        return [event["mail"]["messageId"] for event in self.announced]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "outbox")


def test_mail_in_new_has_exactly_the_bytes_that_were_sent(desk: Desk) -> None:
    message_id = desk.accepted()
    assert (desk.folder / "new" / message_id).read_bytes() == DATA
    assert desk.files("tmp") == []


def test_folder_opens_as_a_maildir(desk: Desk) -> None:
    desk.accepted()
    (message,) = mailbox.Maildir(desk.folder, create=False)
    assert message["To"] == "Ravi <ravi@shop.example>"


def test_mails_are_private_to_the_operator(desk: Desk) -> None:
    desk.accepted()
    assert stat.S_IMODE((desk.folder / "new").stat().st_mode) == 0o700


def test_message_ids_look_like_those_of_ses_and_differ(desk: Desk) -> None:
    ids = [desk.accepted() for _ in range(50)]
    assert len(set(ids)) == 50
    shape = re.compile(r"0100[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000")
    assert all(shape.fullmatch(one) for one in ids)


def test_delivery_has_the_shape_of_an_ses_event(desk: Desk) -> None:
    message_id = desk.accepted()
    assert desk.outbox.announce_pending() == 1
    assert desk.announced == [
        {
            "eventType": "Delivery",
            "delivery": {
                "timestamp": "2026-11-24T09:33:05.123Z",
                "processingTimeMillis": 0,
                "recipients": ["ravi@shop.example"],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "outbox.pivotr.invalid",
            },
            "mail": {
                "timestamp": "2026-11-24T09:33:05.123Z",
                "source": "asha@acme.example",
                "sendingAccountId": "000000000000",
                "messageId": message_id,
                "destination": ["ravi@shop.example"],
                "headersTruncated": False,
                "headers": [
                    {"name": "From", "value": "Asha <asha@acme.example>"},
                    {"name": "To", "value": "Ravi <ravi@shop.example>"},
                    {"name": "Subject", "value": "=?utf-8?b?4KSo4KSu4KS44KWN4KSk4KWH?="},
                    {"name": "Message-ID", "value": "<20261124T093305123Z-1@acme.example>"},
                ],
                "commonHeaders": {
                    "from": ["Asha <asha@acme.example>"],
                    "to": ["Ravi <ravi@shop.example>"],
                    "messageId": message_id,
                    "subject": "=?utf-8?b?4KSo4KSu4KS44KWN4KSk4KWH?=",
                },
                "tags": {
                    "ses:configuration-set": ["outbox"],
                    "ses:source-ip": ["127.0.0.1"],
                    "ses:from-domain": ["acme.example"],
                    "ses:caller-identity": ["pivotr"],
                    "campaign": ["c1"],
                    "step": ["1"],
                },
            },
        }
    ]


def test_headers_over_ten_kilobytes_are_cut_and_said_to_be(desk: Desk) -> None:
    desk.send(data=b"Subject: x\r\nX-Long: " + b"long " * 3_000 + b"\r\n\r\nbody")
    desk.outbox.announce_pending()
    (event,) = desk.announced
    assert event["mail"]["headersTruncated"] is True
    assert event["mail"]["headers"] == [{"name": "Subject", "value": "x"}]


def test_raw_bytes_in_a_header_do_not_stop_the_mail(desk: Desk) -> None:
    desk.send(data=b"Subject: caf\xe9\r\n\r\nbody")
    desk.outbox.announce_pending()
    assert desk.announced[0]["mail"]["commonHeaders"]["subject"] == "caf\ufffd"


@pytest.mark.parametrize(
    ("recipient", "kinds"),
    [
        ("success@simulator.amazonses.com", ["Delivery"]),
        ("ooto@simulator.amazonses.com", ["Delivery"]),
        ("bounce@simulator.amazonses.com", ["Bounce Permanent General"]),
        ("bounce+lead7@simulator.amazonses.com", ["Bounce Permanent General"]),
        ("Bounce@Simulator.AmazonSES.com", ["Bounce Permanent General"]),
        ("suppressionlist@simulator.amazonses.com", ["Bounce Permanent OnAccountSuppressionList"]),
        ("complaint@simulator.amazonses.com", ["Delivery", "Complaint abuse"]),
        ("complaint+x@simulator.amazonses.com", ["Delivery", "Complaint abuse"]),
        ("bounce@shop.example", ["Delivery"]),
    ],
)
def test_simulator_addresses_answer_as_they_do_at_ses(desk: Desk, recipient: str, kinds: list[str]) -> None:
    desk.send(recipient)
    desk.outbox.announce_pending()
    assert [_kind(event) for event in desk.announced] == kinds
    assert all(_touched(event) == [recipient] for event in desk.announced)


def test_each_recipient_of_a_mail_meets_its_own_fate(desk: Desk) -> None:
    desk.send("ravi@shop.example", "bounce@simulator.amazonses.com")
    desk.outbox.announce_pending()
    assert [(_kind(event), _touched(event)) for event in desk.announced] == [
        ("Delivery", ["ravi@shop.example"]),
        ("Bounce Permanent General", ["bounce@simulator.amazonses.com"]),
    ]


def test_a_share_of_addresses_bounces_or_complains_and_always_the_same_ones(tmp_path: Path) -> None:
    def bounced(folder: str) -> tuple[set[str], set[str]]:
        desk = Desk(tmp_path / folder, bounce_share=0.1, complaint_share=0.05)
        for i in range(200):
            desk.send(f"lead{i}@shop.example")
        desk.outbox.announce_pending()
        found: dict[str, set[str]] = {"Bounce": set(), "Complaint": set(), "Delivery": set()}
        for event in desk.announced:
            found[event["eventType"]].update(_touched(event))
        assert found["Bounce"].isdisjoint(found["Delivery"])
        assert found["Complaint"] <= found["Delivery"]
        return found["Bounce"], found["Complaint"]

    first, again = bounced("a"), bounced("b")
    assert first == again
    assert 8 <= len(first[0]) <= 36
    assert 2 <= len(first[1]) <= 24


def test_every_mail_is_announced_once_where_nothing_goes_wrong(desk: Desk) -> None:
    ids = []
    for i in range(5):
        ids.append(desk.accepted(f"lead{i}@shop.example"))
        desk.now += 1
    assert desk.outbox.announce_pending() == 5
    assert desk.outbox.announce_pending() == 0
    assert desk.later().outbox.announce_pending() == 0
    assert desk.announced_ids() == ids


@pytest.mark.parametrize("flags", ["", ":2,", ":2,S", ":2,RS", ";2,S", "!2,S"])
def test_a_mail_that_was_opened_in_a_mail_client_is_still_announced(desk: Desk, flags: str) -> None:
    message_id = desk.accepted()
    (desk.folder / "new" / message_id).rename(desk.folder / "cur" / (message_id + flags))
    assert desk.outbox.announce_pending() == 1
    assert desk.announced_ids() == [message_id]


def test_a_queue_that_is_down_loses_no_announcement(tmp_path: Path) -> None:
    def down(body: str) -> None:
        raise Unavailable("The queue does not answer.")

    desk = Desk(tmp_path, announce=down)
    message_id = desk.accepted()
    with pytest.raises(Unavailable):
        desk.outbox.announce_pending()
    next_process = desk.later()
    assert next_process.outbox.announce_pending() == 1
    assert next_process.announced_ids() == [message_id]


def test_a_damaged_note_stops_no_other_announcement(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    damaged, sound = desk.accepted(), desk.accepted()
    (desk.folder / "pending" / damaged).write_bytes(b'["{\\"eve')
    assert desk.outbox.announce_pending() == 1
    assert desk.announced_ids() == [sound]
    assert damaged in caplog.text


def test_foreign_files_in_the_folder_are_left_alone(desk: Desk) -> None:
    desk.accepted()
    (desk.folder / "pending" / ".DS_Store").write_bytes(b"x")
    (desk.folder / "tmp" / "1764.M1P2.laptop").write_bytes(b"x")
    later = desk.later()
    later.now += 90 * 3_600_000
    assert later.outbox.announce_pending() == 1
    assert later.files("pending") == [".DS_Store"]
    assert later.files("tmp") == ["1764.M1P2.laptop"]


def test_nothing_to_announce_where_nothing_was_ever_sent(desk: Desk) -> None:
    assert desk.outbox.announce_pending() == 0
    assert not desk.folder.exists()


def test_a_folder_has_no_quota(desk: Desk) -> None:
    assert desk.outbox.quota() is None


def test_a_folder_that_cannot_be_made_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = Desk(tmp_path / "file" / "outbox").send()
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert "cannot be written" in outcome.text


def test_an_unreadable_folder_is_said_to_be_unavailable(tmp_path: Path) -> None:
    (tmp_path / "pending").write_bytes(b"")
    with pytest.raises(Unavailable, match="cannot be read"):
        Desk(tmp_path).outbox.announce_pending()


# Whatever is killed when: the steps are the calls into the operating system; a test goes through all of them.


class Killed(BaseException):
    """The process ends here: nothing of its code runs any more."""


STEPS = ("open", "fsync", "rename", "close")
Fault = Callable[[], None]


def _fault_at(patch: pytest.MonkeyPatch, step: int, fault: Fault, *, is_after: bool = False) -> list[str]:
    """Let the fault happen at the n-th call (all writes of files included); the list fills with the calls."""
    calls: list[str] = []

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) != step:
                return real(*arguments, **options)
            if is_after:
                opened = real(*arguments, **options)
                if name == "Path.open":
                    opened.close()
            return fault()

        return call

    for name in STEPS:
        patch.setattr(os, name, wrap(name, getattr(os, name)))
    patch.setattr(Path, "open", wrap("Path.open", Path.open))
    return calls


def _steps(folder: Path, patch: pytest.MonkeyPatch) -> int:
    desk = Desk(folder, durable=True)
    desk.accepted()
    with patch.context() as patched:
        calls = _fault_at(patched, 0, lambda: None)
        desk.accepted()
    assert calls.count("rename") == 1
    assert calls.count("fsync") == 4
    return len(calls)


@pytest.mark.parametrize("is_after", [False, True])
def test_wherever_the_sender_is_killed_just_the_mails_that_are_there_get_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_after: bool
) -> None:
    def kill() -> None:
        raise Killed

    accepted_at = []
    for step in range(1, _steps(tmp_path / "probe", monkeypatch) + 1):
        desk = Desk(tmp_path / str(step), durable=True)
        desk.accepted("earlier@shop.example")
        with monkeypatch.context() as patched:
            _fault_at(patched, step, kill, is_after=is_after)
            with pytest.raises(Killed):
                desk.send()
        accepted_at.append(len(desk.files("new")) == 2)
        next_process = desk.later()
        next_process.outbox.announce_pending()
        assert sorted(next_process.announced_ids()) == desk.files("new")
        assert next_process.files("pending") == []
        assert next_process.outbox.announce_pending() == 0
    # both kinds of death occurred: before the acceptance, and between it and the answer
    assert accepted_at[0] is False
    assert accepted_at[-1] is True
    assert accepted_at == sorted(accepted_at)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS])
def test_what_send_says_about_a_failing_disk_is_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    seen: set[str] = set()
    for step in range(1, _steps(tmp_path / "probe", monkeypatch) + 1):
        desk = Desk(tmp_path / str(step), durable=True)
        desk.accepted("earlier@shop.example")
        with monkeypatch.context() as patched:
            _fault_at(patched, step, fail)
            outcome = desk.send()
        if isinstance(outcome, NotSent):
            assert len(desk.files("new")) == 1
            assert os.strerror(number) in outcome.text
            assert desk.files("tmp") == []
        else:
            assert isinstance(outcome, Unknown)
        next_process = desk.later()
        next_process.outbox.announce_pending()
        assert sorted(next_process.announced_ids()) == desk.files("new")
        seen.add(type(outcome).__name__)
    assert seen == {"NotSent", "Unknown"}


def test_a_rename_that_failed_nobody_knows_how_is_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.accepted()
    real = os.rename

    def lose_the_answer(source: Path, target: Path) -> None:
        real(source, target)
        raise OSError(errno.ETIMEDOUT, "timed out")

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", lose_the_answer)
        assert isinstance(desk.send(), Unknown)
    assert desk.outbox.announce_pending() == 2


def test_a_writer_that_slept_too_long_cannot_bring_an_unannounced_mail_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = desk.later()
    real = os.rename

    def sleep_first(source: Path, target: Path) -> None:
        assert other.outbox.announce_pending() == 0
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", sleep_first)
        outcome = desk.send()
    assert isinstance(outcome, NotSent)
    assert [desk.files(name) for name in ("tmp", "new", "pending")] == [[], [], []]


def test_a_writer_that_wakes_while_it_is_given_up_is_announced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise Killed

    with monkeypatch.context() as patched:
        _fault_at(patched, 3, kill)  # both files are written, the rename is still to come
        with pytest.raises(Killed):
            desk.send()
    (name,) = desk.files("tmp")
    real = Path.unlink

    def wake_first(self: Path, missing_ok: bool = False) -> None:
        if self.parent.name == "tmp":
            self.rename(desk.folder / "new" / name)
        real(self, missing_ok=missing_ok)

    other = desk.later()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", wake_first)
        assert other.outbox.announce_pending() == 1
    assert other.announced_ids() == [name]


def test_a_writer_at_work_is_not_disturbed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename
    found: list[int] = []

    def look_first(source: Path, target: Path) -> None:
        found.append(desk.outbox.announce_pending())
        real(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", look_first)
        desk.accepted()
    assert found == [0]
    assert desk.outbox.announce_pending() == 1


def test_killed_while_announcing_every_event_comes_at_least_once(tmp_path: Path) -> None:
    bodies: list[str] = []

    for fatal in (1, 2, 3):
        count = itertools.count(1)

        def announce(body: str, fatal: int = fatal, count: Iterator[int] = count) -> None:
            if next(count) == fatal:
                raise Killed
            bodies.append(body)

        desk = Desk(tmp_path / str(fatal), announce=announce)
        desk.send("complaint@simulator.amazonses.com")
        desk.send("ravi@shop.example")
        with pytest.raises(Killed):
            desk.outbox.announce_pending()
        next_process = desk.later()
        next_process.outbox.announce_pending()
        kinds = {_kind(json.loads(body)) for body in bodies} | {_kind(e) for e in next_process.announced}
        assert kinds == {"Delivery", "Complaint abuse"}
        assert set(next_process.announced_ids()) | {
            json.loads(body)["mail"]["messageId"] for body in bodies
        } >= set(desk.files("new"))
        assert next_process.files("pending") == []


def test_half_written_mails_of_dead_processes_are_cleared_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise Killed

    desk.accepted()
    with monkeypatch.context() as patched:
        _fault_at(patched, 2, kill)  # the first file is written, the second is not
        with pytest.raises(Killed):
            desk.send()
    assert len(desk.files("tmp")) == 1
    days_later = desk.later()
    days_later.now += 48 * 3_600_000
    days_later.outbox.announce_pending()
    assert days_later.files("tmp") == []


PROCESS = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from pivotr.adapters.embedded.outbox import Outbox
    from pivotr.ports.mailer import Mail

    folder, step = Path(sys.argv[1]), int(sys.argv[2])
    count = 0

    WATCHED = ("open", "os.rename", "os.remove", "os.mkdir", "os.scandir")

    def watch(event, arguments):
        global count
        if event in WATCHED and str(folder) in str(arguments):
            count += 1
            if count == step:
                os._exit(9)

    outbox = Outbox(folder, announce=print, now_ms=lambda: 1_795_512_785_123, token=lambda: "00")
    sys.addaudithook(watch)
    outbox.send(Mail("asha@acme.example", ("ravi@shop.example",), b"Subject: x\\r\\n\\r\\nbody", {}))
    outbox.announce_pending()
    """
)


@pytest.mark.slow
def test_a_real_process_that_ends_at_any_moment_loses_no_announcement(tmp_path: Path) -> None:
    states = set()
    for step in itertools.count(1):
        desk = Desk(tmp_path / str(step))
        desk.now = START + 600_000
        ended = subprocess.run(
            [sys.executable, "-c", PROCESS, str(desk.folder), str(step)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode in (0, 9), ended.stderr
        announced_before = ended.stdout.count("Delivery")
        desk.outbox.announce_pending()
        there = desk.files("new")
        assert (announced_before + len(desk.announced) >= 1) == bool(there)
        assert set(desk.announced_ids()) <= set(there)
        assert desk.files("pending") == []
        states.add((announced_before, bool(there)))
        if ended.returncode == 0:
            break
    assert {(0, False), (0, True), (1, True)} <= states


def _kind(event: dict[str, Any]) -> str:
    detail = event[event["eventType"].lower()]
    words = (detail.get("bounceType"), detail.get("bounceSubType"), detail.get("complaintFeedbackType"))
    return " ".join([event["eventType"], *filter(None, words)])


def _touched(event: dict[str, Any]) -> list[str]:
    detail = event[event["eventType"].lower()]
    if "recipients" in detail:
        return list(detail["recipients"])
    people = detail.get("bouncedRecipients") or detail["complainedRecipients"]
    return [person["emailAddress"] for person in people]
