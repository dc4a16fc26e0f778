"""`pivotr campaign` as an operator sees it: create, look, start, stop, and every refusal."""

from __future__ import annotations

import json
from email import message_from_bytes
from pathlib import Path

import pytest

from pivotr.adapters.embedded.run_lock import RunLock
from tests.cli.conftest import Run

CREATE = (
    "campaign", "create", "Diwali outreach", "--template", "intro", "--sender", "sales@acme.example",
    "--list", "diwali",
)  # fmt: skip


@pytest.mark.usefixtures("ready")
def test_create_prints_the_id_alone_on_stdout(pivotr: Run) -> None:
    ended = pivotr(*CREATE)
    key = ended.out.strip()
    assert ended.code == 0
    assert ended.out == f"{key}\n"
    assert key.startswith("diwali-outreach-")
    assert ended.err == (
        "“Diwali outreach” is a draft now. Its id:\n"
        f"Look first: pivotr campaign preview {key}\n"
        f"Then:       pivotr campaign start {key}\n"
    )


@pytest.mark.usefixtures("ready")
def test_a_draft_has_careful_defaults_in_the_zone_of_the_account(pivotr: Run) -> None:
    pivotr("settings", "set", "account.zone", "Europe/Berlin")
    key = pivotr(*CREATE).out.strip()
    assert pivotr("campaign", "show", key).out == (
        "name     Diwali outreach\n"
        f"id       {key}\n"
        "status   draft\n"
        "lists    diwali\n"
        "steps    intro\n"
        "senders  sales@acme.example\n"
        "window   mon-fri 09:30-17:30 Europe/Berlin\n"
        "pace     60-180 s between mails, at most 300 a day\n"
        "policy   skip catch-all, skip unknown, send role, skip disposable\n"
    )


@pytest.mark.usefixtures("ready")
def test_every_option_is_stored(pivotr: Run) -> None:
    ended = pivotr(
        *CREATE, "--step", "intro+3d", "--window", "mon,wed 9-17 Asia/Kolkata", "--cap", "80",
        "--gap", "90-120", "--catch-all", "send", "--unknown", "send", "--role", "skip",
        "--disposable", "send", "--not-mailed-within", "7", "--domain-cap", "5", "--tag", "vip",
        "--tag", "old", "--type", "warm", "--status", "new", "--verdict", "valid", "--source", "fair",
        "--basis", "consent", "--import", "i123", "--exclude-mailed-within", "30", "--json",
    )  # fmt: skip
    stored = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert [(step["template"], step["delay_days"]) for step in stored["steps"]] == [
        ("intro", 0),
        ("intro", 3),
    ]
    assert (stored["cap"], stored["not_mailed_within_days"], stored["domain_cap"]) == (80, 7, 5)
    assert (stored["gap"]["minimum"], stored["gap"]["maximum"]) == (90, 120)
    assert stored["policy"] == {"catch_all": "send", "unknown": "send", "role": "skip", "disposable": "send"}
    assert stored["window"]["start"] == "09:00"
    assert stored["filters"] == {
        "tags": ["vip", "old"], "types": ["warm"], "statuses": ["new"], "verdicts": ["valid"],
        "sources": ["fair"], "bases": ["consent"], "imports": ["i123"], "exclude_mailed_within_days": 30,
    }  # fmt: skip


def test_list_and_lookup_by_name(pivotr: Run, draft: str) -> None:
    assert pivotr("campaign", "list").out == (
        "ID                    NAME             STATUS  ENROLLED  WAITING  SENT  BOUNCED  COMPLAINED\n"
        f"{draft}  Diwali outreach  draft          0        0     0        0           0\n"
    )
    assert pivotr("campaign", "show", "DIWALI outreach").out == pivotr("campaign", "show", draft).out


def test_two_campaigns_of_one_name_are_told_apart_by_id(pivotr: Run, draft: str) -> None:
    twin = pivotr("campaign", "clone", draft, "--name", "Diwali outreach").out.strip()
    ended = pivotr("campaign", "show", "Diwali outreach")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("2 campaigns are called “Diwali outreach”.\n→ Use an id: ")
    assert draft in ended.err
    assert twin in ended.err


def test_preview_shows_mails_and_writes_one_as_it_would_leave(
    pivotr: Run, draft: str, tmp_path: Path
) -> None:
    ended = pivotr("campaign", "preview", draft, "--lead", "asha@rao.example", "--eml", "one.eml")
    assert (ended.code, ended.err) == (0, "one.eml holds the mail to asha@rao.example.\n")
    assert ended.out == (
        "From: Acme Sales <sales@acme.example>\n"
        "To: Asha Rao <asha@rao.example>\n"
        "Subject: Hi Asha\n"
        "\n"
        "Hello Asha,\n"
        "\n"
        "Good day.\n"
        "\n"
        "-- \n"
        "Acme Ltd, 1 MG Road, Pune\n"
    )
    mail = message_from_bytes((tmp_path / "one.eml").read_bytes())
    assert (mail["To"], mail["Subject"]) == ("Asha Rao <asha@rao.example>", "Hi Asha")
    assert len(json.loads(pivotr("campaign", "preview", draft, "--json").out)) == 2


NO_BASIS = (
    "Warning: 2 of 2 leads have no source, or no basis: nobody could prove why they may be written to. "
    "Import their file again with --source and --basis. "
    "To forbid it: pivotr settings set basis.required yes\n"
)


def test_start_says_what_happens_next(pivotr: Run, draft: str) -> None:
    ended = pivotr("campaign", "start", draft)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == (
        "“Diwali outreach” has started.\n"
        "The first mail goes out as soon as `pivotr run` is running.\n"
        "At most 300 mails a day.\n"
        f"{NO_BASIS}Watch it: pivotr campaign show {draft}\n"
    )


def test_start_warns_of_what_is_narrower_than_its_cap(pivotr: Run, draft: str) -> None:
    pivotr("settings", "set", "account.cap", "50")
    pivotr("settings", "set", "footer.address", "")
    pivotr("sender", "update", "sales@acme.example", "--ramp", "20+10..80")
    assert pivotr("campaign", "start", draft).err == (
        "“Diwali outreach” has started.\n"
        "The first mail goes out as soon as `pivotr run` is running.\n"
        "At most 20 mails a day.\n"
        "Warning: The account sends at most 50 a day, all campaigns together: below this campaign's 300. "
        "Raise it: pivotr settings set account.cap 300\n"
        "Warning: Its senders send at most 20 a day, growing by their ramps: below this campaign's 300.\n"
        "Warning: No postal address is under the mails, which many laws ask for. "
        'Set it: pivotr settings set footer.address "Acme Ltd, 1 MG Road, Pune"\n'
        f"{NO_BASIS}Watch it: pivotr campaign show {draft}\n"
    )


def test_start_warns_of_a_mail_that_cannot_be_written(pivotr: Run, draft: str, tmp_path: Path) -> None:
    (tmp_path / "firm.txt").write_text("Hello {{FirstName}} of {{Company}},\n", encoding="utf-8")
    pivotr("template", "create", "firm", "--subject", "Hi", "--body-file", "firm.txt")
    pivotr("campaign", "update", draft, "--template", "firm")
    ended = pivotr("campaign", "start", draft)
    assert ended.code == 0
    assert (
        "Warning: The first mail cannot be written, so its lead will be skipped: There is no value for "
        "Company and the template gives no fallback. "
        f"Look at them: pivotr campaign preview {draft}\n"
    ) in ended.err


def test_a_start_is_refused_where_the_sender_lacks_what_every_mail_needs(
    pivotr: Run, draft: str, tmp_path: Path
) -> None:
    (tmp_path / "signed.txt").write_text("Hello {{FirstName}},\n\n{{SenderName}}\n", encoding="utf-8")
    pivotr("sender", "update", "sales@acme.example", "--name", "")
    pivotr("template", "create", "signed", "--subject", "Hi", "--body-file", "signed.txt")
    pivotr("campaign", "update", draft, "--template", "signed")
    ended = pivotr("campaign", "start", draft)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "Template signed needs {{SenderName}}, and sales@acme.example has no name: each mail from "
        "sales@acme.example would be left out.\n"
        '→ Give it: pivotr sender update sales@acme.example --name "Acme Sales". '
        "Or write a fallback: {{SenderName|…}}\n"
    )
    pivotr("sender", "update", "sales@acme.example", "--name", "Acme Sales")
    assert pivotr("campaign", "start", draft).code == 0


def test_a_whole_campaign(pivotr: Run, draft: str, own_home: Path) -> None:
    pivotr("campaign", "start", draft)
    assert pivotr("campaign", "pause", draft).code == 0
    assert "status   paused (operator)\n" in pivotr("campaign", "show", draft).out
    assert pivotr("campaign", "resume", draft).code == 0
    assert pivotr("campaign", "abort", draft).code == 0
    assert json.loads(pivotr("campaign", "show", draft, "--json").out)["status"] == "aborted"
    assert not list((own_home / "outbox").glob("new/*"))


def test_update_changes_what_is_given_and_nothing_else(pivotr: Run, draft: str) -> None:
    before = json.loads(pivotr("campaign", "show", draft, "--json").out)
    ended = pivotr("campaign", "update", draft, "--cap", "40", "--role", "skip", "--name", "Diwali 2")
    after = json.loads(pivotr("campaign", "show", draft, "--json").out)
    assert (ended.code, ended.err) == (0, "“Diwali 2” is changed.\n")
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"name", "cap", "policy", "shares", "rev"}


def sent_to_other(pivotr: Run, address: str) -> bool:
    """True where the first mail of a slow campaign has gone to somebody else."""
    return json.loads(pivotr("leads", "show", address, "--json").out)["status"] != "sent"


def test_remove_takes_out_only_who_waits(pivotr: Run, draft: str) -> None:
    pivotr("campaign", "start", draft)
    ended = pivotr("campaign", "remove", draft, "asha@rao.example", "nobody@x.example")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == (
        "None of them waits in “Diwali outreach”.\n"
        f"→ Ask where a lead is: pivotr campaign explain {draft} ADDRESS\n"
    )
    assert pivotr("campaign", "update", draft, "--gap", "3600").code == 0
    assert pivotr("run", "--for", "0.5").code == 0
    one = "asha@rao.example" if sent_to_other(pivotr, "asha@rao.example") else "vijay@iyer.example"
    taken = pivotr("campaign", "remove", draft, one, one.upper(), "nobody@x.example")
    assert taken.code == 0
    assert taken.err == ("1 of 2 taken out of “Diwali outreach”.\nThe others do not wait in this campaign.\n")


BAD_CREATE = [
    (("--window", "mon-fri 17:30-09:30 Asia/Kolkata"), 2,
     "The window 17:30-09:30 never opens: it does not end after its start.\n"
     "→ Hours lie within one day, 24:00 is its end. For the night use two campaigns.\n"),
    (("--window", "mon-fri 09:30-17:30 Asia/Calkutta"), 2, None),
    (("--window", "soon"), 2, None),
    (("--gap", "180-60"), 2, None),
    (("--gap", "quick"), 2, None),
    (("--cap", "0"), 2, "A daily cap must be at least 1.\n→ Use --cap 80, for example.\n"),
    (("--cap", "many"), 2, None),
    (("--domain-cap", "-1"), 2, None),
    (("--catch-all", "perhaps"), 2, None),
    (("--type", "icy"), 2, "--type cannot be “icy”.\n→ Use one of: cold, warm, hot.\n"),
    (("--status", "bounced"), 2,
     "--status cannot be “bounced”.\n→ Use one of: new, sent, failed, skipped.\n"),
    (("--step", "intro+x"), 2, None),
    (("--step", "gone+3d"), 3,
     "There is no template “gone”.\n→ Make it with: pivotr template create gone --subject … --body-file …\n"),
    (("--list", "nobody"), 3,
     "There is no list “nobody”.\n→ Make it with: pivotr leads import leads.csv --list nobody\n"),
    (("--sender", "x@acme.example"), 3,
     "There is no sender “x@acme.example”.\n→ Add it with: pivotr sender add x@acme.example\n"),
]  # fmt: skip


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(("options", "code", "told"), BAD_CREATE)
def test_create_refuses_bad_options_and_stores_nothing(
    pivotr: Run, options: tuple[str, ...], code: int, told: str | None
) -> None:
    ended = pivotr(*CREATE, *options)
    lines = ended.err.splitlines()
    assert (ended.code, ended.out) == (code, "")
    assert len(lines) == 2, ended.err
    assert lines[1].startswith("→ ")
    assert told is None or ended.err == told
    assert pivotr("campaign", "list", "--json").out == "[]\n"


@pytest.mark.parametrize(
    "words",
    [
        ("show",), ("start",), ("pause",), ("resume",), ("abort",), ("clone",), ("add",), ("preview",),
        ("update", "--cap", "5"), ("remove", "a@b.example"), ("settle", "a@b.example", "--as", "sent"),
    ],
)  # fmt: skip
def test_an_unknown_campaign(pivotr: Run, words: tuple[str, ...]) -> None:
    ended = pivotr("campaign", words[0], "nowhere", *words[1:])
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "There is no campaign “nowhere”.\n→ See all with: pivotr campaign list\n"


def test_a_start_without_leads(pivotr: Run, draft: str) -> None:
    for address in ("asha@rao.example", "vijay@iyer.example"):
        assert pivotr("leads", "delete", address, "--yes").code == 0
    ended = pivotr("campaign", "start", draft)
    assert ended.code == 2
    assert ended.err == (
        "“Diwali outreach” has nobody to write to: the list diwali is empty.\n"
        "→ Import leads first: pivotr leads import leads.csv --list diwali\n"
    )
    assert json.loads(pivotr("campaign", "show", draft, "--json").out)["status"] == "draft"


def test_a_window_that_holidays_shut_for_ever(pivotr: Run, draft: str) -> None:
    days = ",".join(f"{year}-02-29" for year in (2028, 2032))
    pivotr("campaign", "update", draft, "--window", f"mon-sun 09:00-17:00 Asia/Kolkata except {days}")
    assert pivotr("campaign", "start", draft).code == 0


def test_moves_that_the_state_does_not_allow(pivotr: Run, draft: str) -> None:
    pause = pivotr("campaign", "pause", draft)
    assert (pause.code, pause.err) == (
        4,
        "Cannot pause “Diwali outreach”: it has not been started.\n"
        f"→ Start it with: pivotr campaign start {draft}\n",
    )
    pivotr("campaign", "start", draft)
    again = pivotr("campaign", "start", draft)
    assert (again.code, again.err) == (
        4,
        "Cannot start “Diwali outreach”: it is already running.\n"
        f"→ Watch it with: pivotr campaign show {draft}\n",
    )
    pivotr("campaign", "abort", draft)
    resume = pivotr("campaign", "resume", draft)
    assert (resume.code, resume.err) == (
        4,
        "Cannot resume “Diwali outreach”: it was aborted.\n"
        f"→ An aborted campaign stays aborted. Make a new one: pivotr campaign clone {draft}\n",
    )
    update = pivotr("campaign", "update", draft, "--cap", "5")
    assert update.code == 4


def test_update_refuses_what_cannot_be(pivotr: Run, draft: str) -> None:
    before = pivotr("campaign", "show", draft, "--json").out
    assert pivotr("campaign", "update", draft).code == 2
    zero = pivotr("campaign", "update", draft, "--cap", "0")
    assert (zero.code, zero.err) == (2, "A daily cap must be at least 1.\n→ Use --cap 80, for example.\n")
    assert pivotr("campaign", "update", draft, "--step", "intro+3d").code == 2
    assert pivotr("campaign", "update", draft, "--name", " ").code == 2
    assert pivotr("campaign", "show", draft, "--json").out == before


def test_to_send_once_more_must_be_said_twice(pivotr: Run, draft: str) -> None:
    ended = pivotr("campaign", "settle", draft, "asha@rao.example", "--as", "again")
    assert (ended.code, ended.err) == (2, "This needs a yes, and there is nobody to ask.\n→ Add --yes.\n")
    sure = pivotr("campaign", "settle", draft, "asha@rao.example", "--as", "again", "--yes")
    assert sure.code == 4


def test_a_campaign_that_runs_while_nobody_sends_says_so(pivotr: Run, draft: str, own_home: Path) -> None:
    pivotr("campaign", "start", draft)
    assert pivotr("campaign", "show", draft).err == "Nothing leaves now: start `pivotr run`.\n"
    with RunLock(own_home / "pivotr.lock") as lock:
        lock.acquire("2026-11-24T09:13:05.123Z", 4711)
        assert pivotr("campaign", "show", draft).err == ""
    pivotr("campaign", "pause", draft)
    assert pivotr("campaign", "show", draft).err == f"Go on with: pivotr campaign resume {draft}\n"
