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
