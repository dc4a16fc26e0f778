"""Ways in which an alarm reaches somebody: a command, a mail, a topic."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from pivotr.adapters.aws.sns import SnsAlarms
from pivotr.adapters.notify_command import NotifyCommand
from pivotr.adapters.notify_mail import NotifyMail
from pivotr.errors import Misconfigured, Unavailable
from pivotr.ports.mailer import Accepted, Mail, Outcome, Quota, Unknown

NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
PYTHON = sys.executable


class TestCommand:
    """A program of the operator's choice."""

    def script(self, folder: Path, text: str) -> str:
        path = folder / "notify.py"
        path.write_text(text, encoding="utf-8")
        return f"'{PYTHON}' '{path}' --to 'Meena Rao'"

    def test_it_gets_the_subject_as_an_argument_and_the_text_on_stdin(self, tmp_path: Path) -> None:
        out = tmp_path / "out"
        command = self.script(
            tmp_path, f"import sys; open({str(out)!r}, 'w').write(repr(sys.argv[1:]) + sys.stdin.read())"
        )
        NotifyCommand(command).tell("Stopped; $(rm -rf x) `y`", "3 of 10 mails\nbounced")
        assert out.read_text() == "['--to', 'Meena Rao', 'Stopped; $(rm -rf x) `y`']3 of 10 mails\nbounced"

    def test_a_command_that_fails_is_told_with_its_last_word(self, tmp_path: Path) -> None:
        command = self.script(tmp_path, "import sys; sys.exit('no network')")
        with pytest.raises(Unavailable, match=r"ended with code 1\. no network"):
            NotifyCommand(command).tell("a", "b")

    @pytest.mark.parametrize("command", ["", "   ", "'unclosed"])
    def test_a_command_that_is_none(self, command: str) -> None:
        with pytest.raises(Misconfigured):
            NotifyCommand(command)

    def test_a_command_that_is_not_there(self) -> None:
        with pytest.raises(Misconfigured, match="cannot be run"):
            NotifyCommand("/nowhere/notify").tell("a", "b")


class Post:
    """Keeps mails."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> Outcome:
        self.mails.append(mail)
        return self.outcome

    def quota(self) -> Quota | None:
        return None


class TestMail:
    """Through the provider that sends everything else."""

    def test_one_mail(self) -> None:
        post = Post(Accepted("m1"))
        alarms = NotifyMail(post, "meena@acme.example", lambda: "sales@acme.example", lambda: NOW)
        alarms.tell("Pivotr has stopped “Diwali”\r\nBcc: eve@x.example", "3 of 10 mails bounced.\n")
        (mail,) = post.mails
        message: Any = message_from_bytes(mail.data, policy=policy.default)
        assert (mail.sender, mail.recipients) == ("sales@acme.example", ("meena@acme.example",))
        assert message["Subject"] == "Pivotr has stopped “Diwali” Bcc: eve@x.example"
        assert message["Bcc"] is None
        assert message["Auto-Submitted"] == "auto-generated"
        assert message.get_content().strip() == "3 of 10 mails bounced."

    def test_without_a_mailbox_or_an_answer(self) -> None:
        with pytest.raises(Misconfigured):
            NotifyMail(Post(Accepted("m1")), "meena@acme.example", str, lambda: NOW).tell("a", "b")
        silent = NotifyMail(Post(Unknown("no answer")), "m@a.example", lambda: "s@a.example", lambda: NOW)
        with pytest.raises(Unavailable, match="no answer"):
            silent.tell("a", "b")


class TestTopic:
    """SNS on AWS, as the service's own model checks it."""

    def test_a_message(self) -> None:
        from botocore.session import Session
        from botocore.stub import Stubber

        client = Session().create_client(
            "sns", region_name="ap-south-1", aws_access_key_id="x", aws_secret_access_key="y"
        )
        topic = "arn:aws:sns:ap-south-1:123456789012:pivotr-dev-alarms"
        with Stubber(client) as stub:
            expected = {"TopicArn": topic, "Subject": "Pivotr has paused ?Diwali?", "Message": "Why.\n"}
            stub.add_response("publish", {"MessageId": "1"}, expected)
            SnsAlarms(lambda: client, topic).tell("Pivotr has paused “Diwali”", "Why.\n")
            stub.add_client_error("publish", "ThrottledException", http_status_code=429)
            with pytest.raises(Unavailable):
                SnsAlarms(lambda: client, topic).tell("a", "b")
            stub.add_client_error("publish", "AuthorizationError", http_status_code=403)
            with pytest.raises(Misconfigured):
                SnsAlarms(lambda: client, topic).tell("a", "b")
