"""`pivotr sender`, `list` and `settings`, and a data file that cannot be used."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_a_sender_from_end_to_end(pivotr: Run, tmp_path: Path) -> None:
    (tmp_path / "signature.txt").write_text("Asha Rao\nAcme Sales\n", encoding="utf-8")
    added = pivotr(
        "sender", "add", "Acme Sales <Sales@Acme.example>", "--ramp", "20+10..80", "--gap", "60-180",
        "--zone", "europe/berlin", "--reply-to", "asha@acme.example", "--signature-file", "signature.txt",
    )  # fmt: skip
    assert (added.code, added.out) == (0, "")
    assert added.err == (
        "sales@acme.example is ready: up to 300 mails a day (at first fewer, by the ramp 20+10..80), "
        "days of Europe/Berlin.\n"
        "Next: pivotr leads import leads.csv --list NAME\n"
    )
    assert pivotr("sender", "list").out == (
        "ADDRESS             NAME        TODAY  CAP  STATE\n"
        "sales@acme.example  Acme Sales      0   20  no campaign\n"
    )
    key = json.loads(pivotr("sender", "show", "sales@acme.example", "--json").out)["id"]
    assert pivotr("sender", "show", key).out == (
        "address   sales@acme.example\n"
        "name      Acme Sales\n"
        f"id        {key}\n"
        "reply-to  asha@acme.example\n"
        "zone      Europe/Berlin\n"
        "cap       20 mails a day\n"
        "ramp      20+10..80\n"
        "gap       60-180 s at least\n"
        "today     0\n"
        "state     no campaign\n"
        "signature\n"
        "Asha Rao\n"
        "Acme Sales\n"
    )
    changed = pivotr("sender", "update", key, "--ramp", "none", "--gap", "none", "--cap", "120")
    assert (changed.code, changed.err) == (0, "sales@acme.example is changed.\n")
    stored = json.loads(pivotr("sender", "show", key, "--json").out)
    assert (stored["ramp"], stored["gap"], stored["cap"], stored["cap_today"]) == (None, None, 120, 120)
    assert pivotr("sender", "pause", key).code == 0
    assert pivotr("sender", "list").out.endswith("0  120  paused\n")
    assert pivotr("sender", "resume", key).code == 0
    assert pivotr("sender", "list").out.endswith("0  120  no campaign\n")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("add", "nonsense"), 2, "“nonsense” is not a mail address."),
        (("add", "a@acme.example", "--cap", "0"), 2, "A daily cap must be at least 1."),
        (("add", "a@acme.example", "--gap", "180-60"), 2,
         "The gap “180-60” has a minimum of 180 s above its maximum of 60 s."),
        (("add", "a@acme.example", "--ramp", "80+10..20"), 2,
         "The ramp “80+10..20” starts with more mails than its maximum."),
        (("add", "a@acme.example", "--zone", "Pune"), 2, "“Pune” is not a time zone."),
        (("add", "a@acme.example", "--reply-to", "me"), 2, "“me” is not a mail address."),
        (("add", "a@acme.example", "--signature-file", "gone.txt"), 3, "There is no file “gone.txt”."),
        (("add", "a@acme.example", "--signature-file", "."), 2, "“.” is a directory, not a file."),
        (("show", "a@acme.example"), 3, "There is no sender “a@acme.example”."),
        (("update", "a@acme.example", "--cap", "5"), 3, "There is no sender “a@acme.example”."),
        (("update", "a@acme.example"), 2, "Nothing to change was given."),
        (("pause", "a@acme.example"), 3, "There is no sender “a@acme.example”."),
    ],
)  # fmt: skip
def test_what_a_sender_cannot_be(pivotr: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    ended = pivotr("sender", *words)
    first, hint = ended.err.splitlines()
    assert (ended.code, ended.out, first) == (code, "", sentence)
    assert hint.startswith("→ ")
    assert pivotr("sender", "list", "--json").out == "[]\n"


def test_a_sender_is_added_once(pivotr: Run) -> None:
    pivotr("sender", "add", "a@acme.example")
    again = pivotr("sender", "add", "A <A@acme.example>")
    assert (again.code, again.err) == (
        4,
        "There is a sender a@acme.example already.\n→ Change it with: pivotr sender update a@acme.example\n",
    )
    zero = pivotr("sender", "update", "a@acme.example", "--cap", "0")
    assert (zero.code, zero.err) == (2, "A daily cap must be at least 1.\n→ Use --cap 80, for example.\n")


@pytest.mark.usefixtures("ready")
def test_a_list_that_is_not_counted_to_its_end_says_so(pivotr: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivotr.services.lists.COUNTED", 1)
    shown = pivotr("list", "list")
    assert shown.out == "LIST    LEADS\ndiwali  1+\n"
    assert shown.err == "A list with a + has more. Count them all: pivotr list list --exact\n"
    assert pivotr("list", "list", "--exact").out == "LIST    LEADS\ndiwali      2\n"


@pytest.mark.usefixtures("ready")
def test_lists(pivotr: Run) -> None:
    assert pivotr("list", "list").out == "LIST    LEADS\ndiwali      2\n"
    shown = pivotr("list", "show", "diwali")
    header, *rows = shown.out.splitlines()
    assert header.split() == ["EMAIL", "NAME", "COMPANY", "STATUS", "REASON"]
    assert sorted(row.split() for row in rows) == [
        ["asha@rao.example", "Asha", "Rao", "new"],
        ["vijay@iyer.example", "Vijay", "Iyer", "new"],
    ]
    for more in ([], ["--exact"]):
        sizes = json.loads(pivotr("list", "list", "--json", *more).out)
        assert sizes == [{"name": "diwali", "leads": 2, "is_whole": True}]
    page = json.loads(pivotr("list", "show", "diwali", "--limit", "1", "--json").out)
    rest = json.loads(
        pivotr("list", "show", "diwali", "--limit", "1", "--cursor", page["cursor"], "--json").out
    )
    emails = {one["email"] for one in (*page["members"], *rest["members"])}
    assert emails == {"asha@rao.example", "vijay@iyer.example"}
    assert rest["cursor"] == ""
    gone = pivotr("list", "show", "nobody")
    assert (gone.code, gone.err) == (
        3, "There is no list “nobody”.\n→ See all with: pivotr list list\n",
    )  # fmt: skip


def test_settings_show_value_and_source_of_both_homes(pivotr: Run, own_home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PIVOTR_REGION=eu-west-1\n", encoding="utf-8")
    (tmp_path / "pivotr.toml").write_text("[env.local]\nsmtp_port = 2525\n", encoding="utf-8")
    assert pivotr("settings", "set", "account.cap", "80").err == "account.cap is 80 now.\n"
    found = {one["name"]: one for one in json.loads(pivotr("settings", "list", "--json").out)}
    assert found["account.cap"]["value"] == 80
    assert found["account.cap"]["source"].startswith("tester, ")
    assert (found["account.zone"]["value"], found["account.zone"]["source"]) == ("Asia/Kolkata", "default")
    assert (found["home"]["value"], found["home"]["source"]) == (str(own_home), "environment")
    assert (found["region"]["value"], found["region"]["source"]) == ("eu-west-1", ".env")
    assert (found["smtp_port"]["value"], found["smtp_port"]["source"]) == (2525, "pivotr.toml")
    assert pivotr("settings", "get", "account.cap").out == "80\n"


def test_a_setting_is_logged_with_who_changed_it(pivotr: Run) -> None:
    assert "later" not in pivotr("settings", "set", "guard.bounce.stop", "4%").err
    raised = pivotr("settings", "set", "guard.bounce.stop", "9%")
    assert raised.err.endswith(
        "The guard acts later than before; the log of the account names who wanted it.\n"
    )
    assert "Did you mean “guard.bounce.stop”?" in pivotr("settings", "set", "guard.bounce.stp", "9%").err
    ended = pivotr("logs", "show", "--campaign", "ALL", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)[0]["actor"] == "tester"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("set", "account.cap", "0"), 2, "account.cap must lie between 1 and 10,000,000."),
        (("set", "account.cap", "many"), 2, "account.cap takes a whole number, not “many”."),
        (("set", "guard.bounce.stop", "120%"), 2,
         "guard.bounce.stop takes a share between 0 and 1, or 0% to 100%."),
        (("set", "account.zone", "Mars/Base"), 2, "“Mars/Base” is not a time zone."),
        (("set", "nonsense", "1"), 3, "There is no setting “nonsense”."),
        (("get", "nonsense"), 3, "There is no setting “nonsense”."),
        (("set", "region", "x"), 2, "region belongs to the deployment and is not changed from here."),
    ],
)  # fmt: skip
def test_what_a_setting_cannot_be(pivotr: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    before = pivotr("settings", "list", "--json").out
    ended = pivotr("settings", *words)
    assert (ended.code, ended.out, ended.err.splitlines()[0]) == (code, "", sentence)
    assert pivotr("settings", "list", "--json").out == before


@pytest.mark.slow
def test_a_new_account_cap_holds_for_the_day_that_is_open(pivotr: Run, draft: str) -> None:
    pivotr("campaign", "start", draft)
    assert pivotr("run", "--until-idle").code == 0
    pivotr("settings", "set", "account.cap", "7")
    assert json.loads(pivotr("metrics", "show", "--json").out)["limit"] == 7


def test_a_damaged_data_file(pivotr: Run, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "pivotr.db").write_bytes(b"SQLite format 3\x00" + b"garbage" * 2000)
    before = (own_home / "pivotr.db").read_bytes()
    ended = pivotr("campaign", "list")
    assert (ended.code, ended.out) == (7, "")
    assert len(ended.err.splitlines()) == 2
    assert (own_home / "pivotr.db").read_bytes() == before


def test_a_data_file_of_a_newer_version(pivotr: Run, own_home: Path) -> None:
    pivotr("sender", "list")
    connection = sqlite3.connect(own_home / "pivotr.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    ended = pivotr("sender", "list")
    sentence, hint = ended.err.splitlines()
    assert (ended.code, ended.out) == (7, "")
    assert "newer" in sentence
    assert hint.startswith("→ ")


def test_a_home_that_is_a_file(pivotr: Run, own_home: Path) -> None:
    own_home.write_text("not a folder", encoding="utf-8")
    ended = pivotr("sender", "list")
    assert (ended.code, ended.out) == (7, "")
    assert len(ended.err.splitlines()) == 2


def test_a_cursor_that_no_page_gave_is_refused(pivotr: Run, ready: None) -> None:
    ended = pivotr("list", "show", "diwali", "--cursor", "junk")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "“junk” is not where a page ended.\n→ Begin with: pivotr list show diwali\n"


def test_a_name_in_another_script_is_refused_with_the_letters_that_are_taken(pivotr: Run) -> None:
    ended = pivotr("list", "show", "ग्राहक")
    assert (ended.code, ended.out) == (2, "")
    assert "Use up to 64 of a to z, 0 to 9, - and _" in ended.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("sender show sale@acme.example", "sales@acme.example"),
        ("template show inro", "intro"),
        ("campaign show diwali-outrech", "Diwali outreach"),
        ("settings get acount.cap", "account.cap"),
        ("settings set acount.cap 20", "account.cap"),
    ],
)
def test_a_name_that_is_nearly_right_is_guessed(pivotr: Run, draft: str, words: str, meant: str) -> None:
    ended = pivotr(*words.split())
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.splitlines()[0].endswith((f" Did you mean “{meant}”?", f" Did you mean “{draft}”?"))


def test_filters_that_nobody_passes_are_told_from_an_empty_file(pivotr: Run, ready: None) -> None:
    assert pivotr("leads", "list", "--domain", "nowhere.example").err == (
        "No lead is like that. See all with: pivotr leads list\n"
    )


def test_a_table_that_is_too_wide_becomes_blocks(
    pivotr: Run, ready: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "44")
    told = pivotr("leads", "list").out
    assert "email       asha@rao.example\nfirst name  Asha\nname        Asha Rao\nstatus      new\n" in told
    monkeypatch.setenv("COLUMNS", "100")
    assert re.search(r"asha@rao\.example +Asha +Asha Rao", pivotr("leads", "list").out)


def test_a_list_gets_another_name_and_goes(pivotr: Run, ready: None) -> None:
    assert pivotr("list", "rename", "Diwali", "spring").err == "“Diwali” is “spring” now, with 2 leads.\n"
    assert pivotr("list", "list").out == "LIST    LEADS\nspring      2\n"
    assert pivotr("list", "delete", "spring").code == 2  # nobody to ask
    gone = pivotr("list", "delete", "spring", "--yes")
    assert (gone.code, gone.err) == (0, "The list “spring” is gone; 2 leads stay.\n")
    assert len(json.loads(pivotr("leads", "list", "--json").out)) == 2
    for words in (("delete", "spring", "--yes"), ("rename", "spring", "summer")):
        assert pivotr("list", *words).code == 3
    assert pivotr("leads", "add", "late@x.example", "--list", "spring").code == 0
    assert pivotr("list", "delete", "spring", "--yes").err == "The list “spring” is gone; 1 lead stays.\n"
