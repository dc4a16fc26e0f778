"""`pivotr logs`, `metrics`, `suppress`, `feedback` and `dlq`."""

from __future__ import annotations

import csv
import json
import os
import stat
from pathlib import Path

import pytest

from pivotr.cli.context import services
from tests.cli.operating import Operator, operator_in


@pytest.fixture
def op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Operator:
    return operator_in(tmp_path, monkeypatch, capsys)


def begin(op: Operator) -> str:
    """Two leads, a template, a sender and a draft; returns its id."""
    op.ok("leads", "import", op.file("leads.csv", "email\na@x.example\nb@y.example\n"), "--list", "diwali")
    op.ok("template", "create", "intro", "--subject", "Hi", "--body-file", op.file("intro.txt", "Hello\n"))
    op.ok("sender", "add", "Acme <sales@acme.example>")
    made = op.json("campaign", "create", "Diwali", "--template", "intro", "--sender", "sales@acme.example",
                   "--list", "diwali")  # fmt: skip
    return str(made["id"])


def test_the_log_is_told_in_sentences(op: Operator) -> None:
    campaign = begin(op)
    op.ok("leads", "update", "a@x.example", "--company", "Rao")
    (line,) = op.json("logs", "show", "--lead", "a@x.example")
    assert (line["kind"], line["actor"]) == ("corrected", "meena")
    assert line["sentence"] == "a@x.example was corrected: company."
    rows = op.ok("logs", "show", "--campaign", campaign).splitlines()
    assert rows[0].split() == ["AT", "WHAT", "BY", "LEAD"]
    assert "The campaign was created." in rows[1]
    assert rows[1].endswith("meena")
    assert "A file was imported" in op.ok("logs", "show", "--campaign", "ALL")
    op.ok("logs", "show", "--campaign", "ALL", "--limit", "1")
    assert "These are the first 1." in op.err
    assert op.json("logs", "show", "--lead", "b@y.example") == []
    for arguments, code in [([], 2), (["--lead", "x@x.example"], 3), (["--campaign", "nowhere"], 3)]:
        assert op.run("logs", "show", *arguments) == code
        assert len(op.err.splitlines()) == 2
    assert op.run("logs", "show", "--campaign", campaign, "--since", "yesterday") == 2
    assert op.err.startswith("“yesterday” is no day.\n")


@pytest.mark.slow
def test_a_late_event_stands_behind_what_came_before_it(op: Operator) -> None:
    campaign = begin(op)
    op.ok("campaign", "update", campaign, "--window", "always", "--gap", "0")
    op.ok("settings", "set", "footer.address", "Acme, Pune")
    op.ok("campaign", "start", campaign)
    op.ok("run", "--until-idle")
    shown = op.json("logs", "show", "--campaign", campaign)
    assert [line["at"] for line in shown] == sorted(line["at"] for line in shown)
    # by its key a delivery stands beside its own mail
    assert [line["kind"] for line in shown].count("delivered") == 2


def test_the_log_is_followed_while_it_grows(op: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = begin(op)
    shown = op.ok("logs", "tail", "--for", "0").splitlines()
    assert any(line.endswith(f"{campaign}  The campaign was created.") for line in shown)
    assert op.ok("logs", "tail", "--for", "0", "-n", "0") == ""
    (last,) = op.lines("logs", "tail", "--campaign", campaign, "-n", "1", "--for", "0")
    assert last["kind"] == "created"

    added: list[str] = []

    def look(_: object, seconds: float) -> None:
        """Somebody else adds a lead while the log is looked at, then the operator has seen enough."""
        if added:
            raise KeyboardInterrupt
        added.append(services().leads.add("late@z.example", actor="asha").email)

    with monkeypatch.context() as patched:
        patched.setattr("pivotr.adapters.system_clock.SystemClock.sleep", look)
        assert op.run("logs", "tail", "-n", "0", "--json") == 130
    assert [json.loads(line)["sentence"] for line in op.out.splitlines()] == [
        "late@z.example was added by hand."
    ]
    assert op.run("logs", "tail", "--campaign", "nowhere") == 3


def test_the_log_is_written_to_a_file(op: Operator) -> None:
    begin(op)
    op.ok("leads", "add", "c@z.example", "--name", "=Cmd()")
    op.ok("logs", "export", "--out", "log.jsonl")
    lines = [json.loads(line) for line in Path("log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {"imported", "added", "created"} <= {line["kind"] for line in lines}
    assert op.json("logs", "export", "--out", "log.csv")["entries"] == len(lines)
    rows = list(csv.DictReader(Path("log.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["kind"] for row in rows] == [line["kind"] for line in lines]
    assert op.ok("logs", "export", "--out", "-", "--campaign", "ALL").count("\n") == len(lines) - 1
    for arguments, code in [
        ([], 2), (["--out", "log.txt"], 2), (["--out", "gone/log.csv"], 2),
        (["--out", "log.csv", "--since", "yesterday"], 2),
    ]:  # fmt: skip
        assert op.run("logs", "export", *arguments) == code
        assert len(op.err.splitlines()) == 2


def test_an_entry_of_the_log_is_one_line_wherever_it_goes(
    op: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(op)
    monkeypatch.setenv("LOGNAME", "asha\u2028rao")
    op.ok("leads", "add", "c@z.example")
    written = op.ok("logs", "export", "--out", "-"), op.ok("logs", "tail", "--for", "0", "--json")
    op.ok("logs", "export", "--out", "log.jsonl")
    for text in (*written, Path("log.jsonl").read_text(encoding="utf-8")):
        assert "asha\u2028rao" in [json.loads(line)["actor"] for line in text.splitlines()]


def test_metrics_of_the_account_and_of_a_campaign(op: Operator) -> None:
    campaign = begin(op)
    account = op.json("metrics", "show")
    assert (account["used"], account["limit"], account["health"]) == (0, 300, "ok")
    assert [one["campaign"] for one in account["campaigns"]] == [campaign]
    lines = op.ok("metrics", "show").splitlines()
    assert lines[1:4] == [
        "mails today  0 of 300",
        "last 7 days  0 mails, 0 bounced for good, 0 reported as spam",
        "health       ok",
    ]
    assert lines[-1].split() == [campaign, "0", "0"]
    assert op.json("metrics", "show", "--campaign", campaign)["totals"]["sent"] == 0
    assert op.ok("metrics", "audit") == f"{campaign}: all counters agree (1 entries, 0 leads)\n"
    assert op.run("metrics", "show", "--campaign", "nowhere") == 3


@pytest.mark.parametrize(
    ("forms", "named"),
    [
        (("--csv", "--json"), "--csv and --json"),
        (("--csv", "--png", "x.png"), "--csv and --png"),
        (("--png", "x.png", "--json"), "--png and --json"),
    ],
)
def test_metrics_come_in_one_form_at_a_time(op: Operator, forms: tuple[str, ...], named: str) -> None:
    assert op.run("metrics", "show", *forms) == 2
    assert f"{named} exclude each other." in op.err
    assert op.out == ""


def test_a_guard_that_stops_before_it_warns_is_told_of(op: Operator) -> None:
    op.ok("settings", "set", "guard.bounce.warn", "50%")
    assert "Warning: guard.bounce.warn (0.5) lies above guard.bounce.stop (0.05): the guard stops" in op.err
    op.ok("settings", "set", "guard.bounce.warn", "1%")
    assert "Warning" not in op.err
    op.ok("settings", "set", "guard.complaint.stop", "0.0001")
    assert "Warning: guard.complaint.warn (0.0005) lies above guard.complaint.stop (0.0001)" in op.err
    op.ok("settings", "set", "account.cap", "20")
    assert "Warning" not in op.err


def test_a_mailbox_that_is_not_configured_is_a_fault_of_the_configuration(op: Operator) -> None:
    assert op.run("replies", "check") == 7
    assert op.err.splitlines()[0] == "No mailbox is read here."


def test_a_counter_that_lies_fails_the_audit(op: Operator) -> None:
    from pivotr.ports.table import Change

    campaign = begin(op)
    services().ports.table.update("metrics", (campaign, "2026-11-24"), Change(add={"sent": 1}))
    services().ports.close()
    assert op.run("metrics", "audit", "--campaign", campaign) == 1
    assert op.out.splitlines()[-1].split() == ["2026-11-24", "sent", "1", "0"]


def test_suppressions_come_and_go(op: Operator) -> None:
    begin(op)
    op.ok("suppress", "add", "A@x.example", "--source", "letter")
    assert op.err == "a@x.example is suppressed (operator). 1 lead is stopped.\n"
    op.ok("suppress", "add", "@y.example")
    assert [one["email"] for one in op.json("suppress", "list")] in (
        [["@y.example", "a@x.example"]] + [["a@x.example", "@y.example"]]
    )
    assert op.ok("suppress", "check", "b@y.example").startswith(
        "b@y.example is suppressed: its domain, operator,"
    )
    assert op.ok("suppress", "check", "c@z.example") == "c@z.example is not suppressed.\n"
    assert op.json("suppress", "check", "c@z.example") == {"suppressed": False, "suppression": None}
    op.ok("suppress", "export", "out.csv")
    assert op.err == "out.csv holds 2 suppressions.\n"
    assert stat.S_IMODE((op.folder / "out.csv").stat().st_mode) == 0o600
    assert op.json("suppress", "export", "out.csv") == {"file": "out.csv", "suppressions": 2}
    # a device stays one
    os.mkfifo(op.folder / "pipe")
    reader = os.open(op.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    op.ok("suppress", "export", "pipe")
    assert os.read(reader, 65_536) == (op.folder / "out.csv").read_bytes()
    os.close(reader)
    assert (op.folder / "pipe").is_fifo()
    assert op.ok("suppress", "export") == (op.folder / "out.csv").read_text().replace("\r\n", "\n")
    op.ok("suppress", "remove", "a@x.example")
    assert op.err == "a@x.example is not suppressed any more. 1 lead may be written to again.\n"
    done = op.json("suppress", "import", "out.csv")
    assert (done["added"], done["known"], done["rejected"]) == (1, 1, [])
    for arguments, code in [
        (["remove", "c@z.example"], 3), (["add", "nobody"], 2), (["check", "@"], 2),
        (["import", "nowhere.csv"], 3), (["import", op.file("empty.csv", "")], 2),
    ]:  # fmt: skip
        assert op.run("suppress", *arguments) == code
        assert len(op.err.splitlines()) == 2


BOUNCE = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "Jane@X.example"}],
        "timestamp": "2026-11-24T09:13:05.000Z",
    },
    "mail": {"timestamp": "2026-11-24T09:13:00.000Z", "messageId": "m1", "destination": ["jane@x.example"]},
}


def test_events_are_classified_one_line_each(op: Operator) -> None:
    body = json.dumps(BOUNCE)
    lines = [json.dumps(body), body, json.dumps({"Body": body}), json.dumps("42"), "{ not json"]
    found = op.lines("feedback", "classify", op.file("events.jsonl", "\n".join(lines) + "\n"))
    hit = {"kind": "bounce", "recipients": [{"email": "jane@x.example", "action": "suppress"}]}
    assert found[:3] == [hit, hit, hit]
    assert [one["kind"] for one in found[3:]] == ["malformed", "malformed"]
    spaced = op.lines("feedback", "classify", op.file("spaced.jsonl", f"{body}\n\n  \n{body}\n\n"))
    assert [one["kind"] for one in spaced] == ["bounce", "malformed", "malformed", "bounce"]
    assert not (op.folder / "home").exists()
    assert op.run("feedback", "classify", "nowhere.jsonl") == 3


def test_dead_letters_are_listed_put_back_and_purged(op: Operator) -> None:
    queues = services().ports.queues
    queues.send("sending-queue-dlq", '{"kind": "old"}')
    queues.send("sending-queue-dlq", '{"kind": "older"}')
    services().ports.close()
    assert [(one["queue"], one["dead"]) for one in op.json("dlq", "list")] == [
        ("sending-queue", 2), ("verification-queue", 0), ("feedback-queue", 0),
    ]  # fmt: skip
    assert [one["body"] for one in op.json("dlq", "peek", "sending", "--count", "1")] == ['{"kind": "old"}']
    assert op.json("dlq", "redrive", "sending", "--count", "1") == {"queue": "sending", "redriven": 1}
    assert op.run("dlq", "purge", "sending") == 2
    assert op.json("dlq", "purge", "sending", "--yes") == {"queue": "sending", "purged": 1}
    assert op.run("dlq", "peek", "nowhere") == 3
    assert op.run("dlq", "redrive", "sending", "--count", "0") == 2
