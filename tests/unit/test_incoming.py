"""Mails that come in: what each says, whatever program wrote it; and that no bytes can raise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivotr.domain.incoming import Incoming, read
from pivotr.domain.unsubscribing import make_token
from pivotr.domain.wishes import wish_of

FOLDER = Path(__file__).parents[1] / "data" / "incoming"
ATTEMPT = "20261124T043000000Z-0000000000000001"
FILES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}


def mail(headers: str, text: str = "Fine.") -> Incoming:
    return read(f"{headers}\nMIME-Version: 1.0\n\n{text}\n".replace("\n", "\r\n").encode())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("reply-gmail", "reply"),
        ("reply-outlook-stop", "reply"),
        ("reply-perhaps", "reply"),
        ("automatic-exchange", "automatic"),
        ("automatic-gmail", "automatic"),
        ("dsn-postfix", "bounce"),
        ("dsn-exchange-full", "bounce"),
        ("dsn-delayed", "delay"),
        ("bounce-exim", "bounce"),
        ("arf", "complaint"),
        ("letter", "letter"),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert read(FILES[name]).kind == kind


def test_a_reply_names_our_mail_and_its_own_words_only() -> None:
    found = read(FILES["reply-gmail"])
    assert found.references == (f"{ATTEMPT}@acme.example",)
    assert (found.sender, found.subject) == ("asha@rao.example", "Re: For Rao Textiles")
    assert (found.text, found.wish) == ("Yes, please call me on Thursday.", "none"), "quoted words are ours"


def test_wishes_in_html_and_behind_base64() -> None:
    assert read(FILES["reply-outlook-stop"]).wish == "stop"
    assert read(FILES["reply-perhaps"]).wish == "perhaps"


def test_threads_name_the_nearest_mail_first() -> None:
    found = mail("From: a@b.example\nIn-Reply-To: <3@x>\nReferences: <1@x> <2@x>\n <3@x>")
    assert found.references == ("3@x", "2@x", "1@x")


class TestReports:
    """RFC 3464, RFC 5965, and servers that know neither."""

    @pytest.mark.parametrize(
        ("name", "is_permanent", "subtype"),
        [
            ("dsn-postfix", True, "NoEmail"),
            ("dsn-exchange-full", False, "MailboxFull"),
            ("bounce-exim", True, "NoEmail"),
        ],
    )
    def test_bounces(self, name: str, is_permanent: bool, subtype: str) -> None:
        report = read(FILES[name]).report
        assert report is not None
        assert (report.is_permanent, report.subtype) == (is_permanent, subtype)
        assert report.recipients == ("asha@rao.example",)
        assert (report.returned.attempt, report.returned.to) == (ATTEMPT, "asha@rao.example")

    @pytest.mark.parametrize(
        ("action", "status", "diagnostic", "outcome"),
        [
            ("failed", "5.1.1", "smtp; 550 5.1.1 unknown", ("bounce", True)),
            ("failed", "5.1.10", "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", ("bounce", True)),
            (
                "failed",
                "5.4.1",
                "smtp; 550 5.4.1 Recipient address rejected: Access denied",
                ("bounce", True),
            ),
            ("failed", "5.0.0", "smtp; 550 no such user here", ("bounce", True)),
            ("failed", "5.2.1", "smtp; 550 mailbox disabled", ("bounce", True)),
            ("failed", "5.2.2", "smtp; 552 over quota", ("bounce", False)),
            ("failed", "5.3.4", "smtp; 552 message too large", ("bounce", False)),
            ("failed", "5.7.1", "smtp; 550 5.7.1 blocked as spam", ("bounce", False)),
            ("failed", "5.7.1", "smtp; 550 5.7.1 unknown user", ("bounce", True)),
            ("failed", "4.4.7", "smtp; delivery time expired", ("bounce", False)),
            ("failed", "", "smtp; 550 user unknown", ("bounce", True)),
            ("failed", "", "no idea", ("bounce", False)),
            ("delayed", "4.4.1", "smtp; no answer", ("delay", False)),
            ("delivered", "2.1.5", "smtp; 250 ok", None),
            ("relayed", "2.0.0", "", None),
            ("expanded", "2.0.0", "", None),
        ],
    )
    def test_what_a_status_means(
        self, action: str, status: str, diagnostic: str, outcome: tuple[str, bool] | None
    ) -> None:
        raw = (
            FILES["dsn-postfix"]
            .replace(b"Action: failed", f"Action: {action}".encode())
            .replace(b"Status: 5.1.1", f"Status: {status}".encode())
        )
        head, tail = raw.split(b"Diagnostic-Code:")
        rest = tail.split(b"rejected: User unknown", 1)[1]
        found = read(head + f"Diagnostic-Code: {diagnostic}".encode() + rest)
        if outcome is None:
            assert (found.kind, found.report) == ("automatic", None)
        else:
            assert found.report is not None
            assert (found.report.kind, found.report.is_permanent) == outcome

    def test_a_complaint(self) -> None:
        report = read(FILES["arf"]).report
        assert report is not None
        assert (report.feedback_type, report.recipients) == ("abuse", ("asha@rao.example",))
        assert report.returned.attempt == ATTEMPT

    def test_prose_without_a_sign_of_ours_is_believed_nothing(self) -> None:
        raw = FILES["bounce-exim"].replace(b"X-Pivotr-Attempt", b"X-Other")
        assert read(raw).kind == "automatic"

    def test_fields_that_came_base64_encoded(self) -> None:
        import base64

        status = (
            b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
            b"Status: 5.1.1\r\n"
        )
        raw = (
            b'From: mailer-daemon@x\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n--b\r\n'
            b"Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.b64encode(status)
            + b"\r\n--b--\r\n"
        )
        assert read(raw).kind in ("bounce", "automatic")


class TestAutomatic:
    """No person has answered."""

    @pytest.mark.parametrize(
        "header",
        [
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: auto-generated (rejected)",
            "Auto-Submitted: auto-notified; owner-email=x",
            "Precedence: bulk",
            "Precedence: auto_reply",
            "X-Precedence: junk",
            "X-Autoreply: yes",
            "X-Autorespond: 1",
            "X-Mail-Autoreply: on",
            "X-AutoReply-From: a@b.example",
            "X-Autogenerated: Reply",
            "X-FC-MachineGenerated: true",
            "X-POST-MessageClass: 9; Autoresponder",
            "List-Id: <members.acme.example>",
            "Return-Path: <>",
        ],
    )
    def test_headers(self, header: str) -> None:
        found = mail(f"From: a@b.example\nIn-Reply-To: <1@x>\nSubject: Re: you\n{header}")
        assert found.kind == "automatic"

    @pytest.mark.parametrize(
        "header",
        [
            "Auto-Submitted: no",
            "X-Autoreply: no",
            "Precedence: normal",
            "X-Auto-Response-Suppress: All",
            "Return-Path: <a@b.example>",
        ],
    )
    def test_what_people_s_mails_carry_too(self, header: str) -> None:
        assert mail(f"From: a@b.example\nIn-Reply-To: <1@x>\nSubject: Re: you\n{header}").kind == "reply"

    @pytest.mark.parametrize(
        "subject",
        [
            "Automatic reply: For you", "Out of Office: For you", "Re: Out of office", "Auto: away",
            "AutoReply: x", "Abwesenheitsnotiz: Urlaub", "Automatische Antwort: x", "Réponse automatique : x",
            "On leave till 3rd", "Respuesta automática: x", "Risposta automatica: x", "OOO Re: x",
            "=?utf-8?b?6Ieq5Yqo5Zue5aSN?=", "Asha Rao is out of the office", "Read: For you",
            "Undeliverable: For you",
        ],
    )  # fmt: skip
    def test_subjects(self, subject: str) -> None:
        assert mail(f"From: a@b.example\nIn-Reply-To: <1@x>\nSubject: {subject}").kind == "automatic"

    @pytest.mark.parametrize(
        "subject",
        ["Re: Automation for you", "Re: office chairs", "Leave policy", "Autos", "Re: reading list"],
    )
    def test_subjects_of_people(self, subject: str) -> None:
        assert mail(f"From: a@b.example\nIn-Reply-To: <1@x>\nSubject: {subject}").kind == "reply"


class TestWayOut:
    """The mail that a List-Unsubscribe: mailto: makes a program write."""

    TOKEN = make_token(b"key", "diwali-1a2b", "l" + "a" * 24)

    def test_in_the_subject_also_by_a_machine(self) -> None:
        raw = FILES["way-out"].replace(b"TOKEN", self.TOKEN.encode())
        assert (read(raw).kind, read(raw).token) == ("unsubscribe", self.TOKEN)

    def test_folded_in_upper_case_and_encoded(self) -> None:
        for subject in (f"Unsubscribe\n {self.TOKEN.upper()}", f"=?us-ascii?q?unsubscribe_{self.TOKEN}?="):
            assert mail(f"From: a@b.example\nSubject: {subject}").token == self.TOKEN

    def test_a_quoted_footer_is_no_wish(self) -> None:
        found = mail("From: a@b.example\nIn-Reply-To: <1@x>\nSubject: Re: x", f"Yes.\n\n> out: {self.TOKEN}")
        assert (found.kind, found.token, found.wish) == ("reply", "", "none")


class TestWishes:
    """Clear is what says nothing else."""

    @pytest.mark.parametrize(
        ("subject", "text"),
        [
            ("Re: x", "unsubscribe"),
            ("Re: x", "STOP"),
            ("Re: x", "Please remove me."),
            ("Re: x", "please stop emailing me!!"),
            ("Re: x", "Kindly remove my email id from your database."),
            ("Re: x", "Take me off your list, thanks"),
            ("Re: x", "Do not contact us again"),
            ("Re: x", "Don’t email me any more."),
            ("Re: x", "I don't want to receive any more emails"),
            ("Re: x", "Not interested. Please remove me."),
            ("Re: x", "opt-out"),
            ("Re: x", "No more mails please"),
            (
                "Re: x",
                "Hello Ravi,\n\nplease unsubscribe me from this mailing list.\n\nRegards\nAsha Rao\nAcme",
            ),
            ("unsubscribe", ""),
            ("Please unsubscribe me", ""),
        ],
    )
    def test_clear(self, subject: str, text: str) -> None:
        assert wish_of(subject, text) == "stop"

    @pytest.mark.parametrize(
        "text",
        [
            "Please don't unsubscribe me",
            "I did not unsubscribe, did I?",
            "How do I opt out later?",
            "Remove me from the Thursday call, but keep me on the list.",
            "Stop sending the brochure, send prices instead",
            "This is spam and I will report you.",
        ],
    )
    def test_for_a_person_to_read(self, text: str) -> None:
        assert wish_of("Re: x", text) == "perhaps"

    @pytest.mark.parametrize(
        "text", ["Stop by our office tomorrow", "Yes, call me.", "Not interested at the moment.", "", "👍"]
    )
    def test_no_such_wish(self, text: str) -> None:
        assert wish_of("Re: x", text) == "none"


class TestAnything:
    """Nothing that arrives can raise."""

    @given(st.binary(max_size=600))
    def test_noise(self, raw: bytes) -> None:
        assert read(raw).kind

    @given(data=st.data())
    @settings(deadline=None, max_examples=150)
    def test_mutations(self, data: st.DataObject) -> None:
        raw = FILES[data.draw(st.sampled_from(sorted(FILES)))]
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(raw)))
            cut = data.draw(st.integers(0, 60))
            raw = raw[:at] + data.draw(st.binary(max_size=12)) + raw[at + cut :]
        found = read(raw)
        found.subject.encode()
        found.text.encode("utf-8", "surrogatepass")

    @given(
        name=st.sampled_from(["From", "To", "Subject", "References", "Content-Type", "Auto-Submitted"]),
        value=st.text(),
    )
    def test_any_header(self, name: str, value: str) -> None:
        read(f"From: a@b.example\r\n{name}: {value}\r\n\r\ntext".encode("utf-8", "surrogatepass"))

    @pytest.mark.parametrize(
        "raw", [b"", b"\r\n", b"no header at all", b"\x00" * 100, b"Content-Type: multipart/mixed\r\n\r\n"]
    )
    def test_what_is_no_mail(self, raw: bytes) -> None:
        assert read(raw).kind in ("unreadable", "letter")
