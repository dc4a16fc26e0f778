"""The way out of a mail, as an operator finds it in the inbox."""

from __future__ import annotations

import json
import re
from email import message_from_string, policy
from pathlib import Path


def test_the_token_of_a_mail_unsubscribes_its_reader_and_a_forged_one_does_not(
    pivotr, draft: str, tmp_path: Path
) -> None:
    target = tmp_path / "mail.eml"
    assert pivotr("campaign", "preview", draft, "--eml", str(target)).code == 0
    mail = message_from_string(target.read_text(), policy=policy.default)
    found = re.search(r"subject=unsubscribe%20([^>]+)>", str(mail["List-Unsubscribe"]))
    assert found, mail["List-Unsubscribe"]
    ended = pivotr("suppress", "token", f"unsubscribe {found[1]}")
    assert (ended.code, ended.err) == (0, "The person is unsubscribed.\n")
    assert pivotr("suppress", "token", found[1]).code == 0
    address = str(mail["To"].addresses[0].addr_spec)
    assert json.loads(pivotr("suppress", "check", address, "--json").out)["suppressed"] is True
    forged = pivotr("suppress", "token", found[1][:-1] + ("a" if found[1][-1] != "a" else "b"))
    assert forged.code == 3


def test_mails_carry_the_link_where_there_is_a_public_address(
    pivotr, draft: str, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("PIVOTR_PUBLIC_URL", "https://u.acme.example/")
    target = tmp_path / "mail.eml"
    assert pivotr("campaign", "preview", draft, "--eml", str(target)).code == 0
    mail = message_from_string(target.read_text(), policy=policy.default)
    found = re.search(r"<https://u\.acme\.example/u/([^>]+)>, <mailto:", str(mail["List-Unsubscribe"]))
    assert found
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert pivotr("suppress", "token", found[1]).code == 0


def test_a_test_mail_goes_to_ones_own_address(pivotr, draft: str, tmp_path: Path) -> None:
    target = tmp_path / "test.eml"
    ended = pivotr("campaign", "test-send", draft, "--to", "me@acme.example", "--lead", "asha@rao.example",
                   "--eml", str(target))  # fmt: skip
    assert ended.code == 0, ended.err
    assert re.search(r"me@acme\.example +accepted", ended.out)
    assert "no lead was touched" in ended.err
    assert b"To: Asha Rao <me@acme.example>" in target.read_bytes()
    told = pivotr("logs", "show", "--campaign", draft).out
    assert "A test mail was sent from sales@acme.example. me@acme.example: accepted." in told
    assert json.loads(pivotr("campaign", "show", draft, "--json").out)["totals"]["sent"] == 0
    ended = pivotr("campaign", "test-send", draft, "--to", "nobody")
    assert (ended.code, ended.err.splitlines()[0]) == (2, "“nobody” is not a mail address.")


def test_a_check_names_the_leads_and_a_start_says_the_same(pivotr, draft: str, tmp_path: Path) -> None:
    more = tmp_path / "more.csv"
    more.write_text("email\ninfo@singh.example\n")
    assert pivotr("leads", "import", str(more), "--list", "diwali").code == 0
    ended = pivotr("campaign", "check", draft, "--leads")
    assert ended.code == 0
    assert re.search(r"info@singh\.example +FirstName", ended.out)
    data = json.loads(pivotr("campaign", "check", draft, "--json").out)
    assert (data["may_start"], data["audience"], data["lacking"]) == (True, 3, 1)
    started = pivotr("campaign", "start", draft)
    assert started.code == 0
    assert "1 of 3 leads lacks a value" in started.err
    assert pivotr("suppress", "add", "@rao.example").code == 0


def test_a_check_fails_where_a_start_would(pivotr, draft: str) -> None:
    assert pivotr("settings", "set", "footer.address", "").code == 0
    assert pivotr("settings", "set", "footer.required", "yes").code == 0
    ended = pivotr("campaign", "check", draft)
    assert ended.code == 1
    assert "There is no postal address to put under the mails." in ended.out
    started = pivotr("campaign", "start", draft)
    assert (started.code, started.err.splitlines()[0]) == (
        2,
        "There is no postal address to put under the mails.",
    )


def test_a_copy_that_arrived_is_read(pivotr, tmp_path: Path) -> None:
    copy = tmp_path / "copy.eml"
    copy.write_text(
        "DKIM-Signature: v=1; s=k; d=acme.example; h=From:List-Unsubscribe:List-Unsubscribe-Post\n"
        "From: sales@acme.example\nSubject: Hi\nList-Unsubscribe: <https://u.acme.example/u/x>\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n\nHello\n"
    )
    ended = pivotr("campaign", "check-copy", str(copy))
    assert (ended.code, ended.err) == (0, "Both unsubscribe headers are there and signed.\n")
    copy.write_text("From: sales@acme.example\n\nHello\n")
    ended = pivotr("campaign", "check-copy", str(copy), "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["missing"] == ["List-Unsubscribe", "List-Unsubscribe-Post"]
    assert pivotr("campaign", "check-copy", str(tmp_path / "none.eml")).code == 3


def test_a_new_key_signs_links_and_old_links_stay_valid(pivotr, draft: str, tmp_path: Path) -> None:
    def token() -> str:
        target = tmp_path / "mail.eml"
        assert (
            pivotr("campaign", "preview", draft, "--lead", "asha@rao.example", "--eml", str(target)).code == 0
        )
        mail = message_from_string(target.read_text(), policy=policy.default)
        found = re.search(r"subject=unsubscribe%20([^>]+)>", str(mail["List-Unsubscribe"]))
        assert found
        return found[1]

    older = token()
    ended = pivotr("secrets", "rotate")
    assert ended.code == 0
    assert ended.err.startswith("Links are signed with a new key; 1 older key stays valid.\n")
    assert token() != older
    assert pivotr("suppress", "token", older).code == 0
    assert json.loads(pivotr("secrets", "rotate", "--json").out) == {"older_keys": 2}
