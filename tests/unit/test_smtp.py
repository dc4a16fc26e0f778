"""The SMTP mailer against a server on the loopback address that refuses, drops and stalls at every stage."""

from __future__ import annotations

import base64
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from pivotr.adapters.smtp import SmtpMailer, on_the_wire
from pivotr.errors import Misconfigured
from pivotr.ports.mailer import Accepted, AccountRefused, Mail, NotSent, Outcome, RecipientRejected, Unknown
from tests.unit.smtp_server import DROP, SILENCE, Script, certificate, serving

DATA = (
    b"From: Asha <asha@acme.example>\r\nTo: ravi@shop.example\r\nSubject: x\r\n"
    b"Message-ID: <20261124T093305123Z-1@acme.example>\r\n\r\n"
    b".one dot\r\n..two dots\r\n.\r\na lone dot above\r\n\r\n"
)
MAIL = Mail("asha@acme.example", ("ravi@shop.example",), DATA, {})
SECRET = "p\u00e4ssw\u00f6rd-\u0926"


def send(script: Script, mail: Mail = MAIL, **options: Any) -> Outcome:
    with serving(script) as port:
        return mailer(port, **options).send(mail)


def mailer(port: int, host: str = "127.0.0.1", **options: Any) -> SmtpMailer:
    settings: dict[str, Any] = {"security": "none", "username": None, "password": None, "timeout": 5.0}
    return SmtpMailer(host, port, client_name="desk.acme.example", **{**settings, **options})


def login(**options: Any) -> dict[str, Any]:
    return {"username": "asha", "password": lambda: SECRET, **options}


def _trust(folder: Path, monkeypatch: pytest.MonkeyPatch, address: str = "127.0.0.1") -> ssl.SSLContext:
    """The server's context with a fresh certificate that the client is told to trust."""
    path = certificate(folder, address)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


# The mail arrives.


def test_accepted_mail_has_its_own_message_id_and_exact_bytes() -> None:
    script = Script()
    assert send(script) == Accepted("20261124T093305123Z-1@acme.example")
    assert script.mails == [DATA]
    assert script.lines == [
        "ehlo desk.acme.example",
        "mail FROM:<asha@acme.example>",
        "rcpt TO:<ravi@shop.example>",
        "DATA",
        "quit",
    ]


@pytest.mark.parametrize(
    ("given", "arrives"),
    [
        (b"Subject: x\r\n\r\nno end of line", b"Subject: x\r\n\r\nno end of line\r\n"),
        (b"Subject: x\r\n\r\na\n.\nb\r\n", b"Subject: x\r\n\r\na\r\n.\r\nb\r\n"),
        (b"Subject: x\r\n\r\na\r.\rb\r\n", b"Subject: x\r\n\r\na\r\n.\r\nb\r\n"),
        (b"Subject: x\r\n\r\n" + b"long\r\n" * 50_000, b"Subject: x\r\n\r\n" + b"long\r\n" * 50_000),
    ],
)
def test_no_line_of_a_mail_can_end_it_early(given: bytes, arrives: bytes) -> None:
    script = Script()
    assert isinstance(send(script, Mail("a@b.example", ("c@d.example",), given, {})), Accepted)
    assert script.mails == [arrives]


def test_each_mail_has_a_fresh_connection() -> None:
    script = Script()
    with serving(script) as port:
        one = mailer(port)
        assert [type(one.send(MAIL)) for _ in range(3)] == [Accepted] * 3
    assert script.connections == 3


def test_ses_tells_its_own_id_because_it_replaces_ours() -> None:
    ses = "0100019a2b3c4d5e-3d0c9a4b-6f2e-4b1c-9d8e-5a7b6c3d2e1f-000000"
    assert send(Script({"END": f"250 Ok {ses}"})) == Accepted(ses)


def test_mail_without_a_message_id_still_has_an_id() -> None:
    plain = Mail("a@b.example", ("c@d.example",), b"Subject: x\r\n\r\nbody\r\n", {})
    first, again = send(Script(), plain), send(Script(), plain)
    assert first == again
    assert isinstance(first, Accepted)
    assert len(first.message_id) == 32


def test_size_and_eight_bits_are_declared_where_the_server_asks() -> None:
    script = Script(extensions=("SIZE 1000000", "8BITMIME"))
    data = "Subject: x\r\n\r\nनमस्ते\r\n".encode()
    send(script, Mail("a@b.example", ("c@d.example",), data, {}))
    assert f"mail FROM:<a@b.example> size={len(data)} BODY=8BITMIME" in [
        line.replace("SIZE", "size") for line in script.lines
    ]
    assert script.mails == [data]


def test_server_that_knows_only_helo_is_spoken_to() -> None:
    script = Script({"EHLO": "502 5.5.1 what?"})
    assert isinstance(send(script), Accepted)
    assert script.verbs()[:2] == ["EHLO", "HELO"]


def test_all_recipients_are_named() -> None:
    script = Script()
    send(script, Mail("a@b.example", ("c@d.example", "e@f.example"), DATA, {}))
    assert script.verbs().count("RCPT") == 2


@pytest.mark.parametrize("reply", [DROP, SILENCE, "421 busy", "500 what?"])
def test_trouble_at_quit_changes_nothing(reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pivotr.adapters.smtp._QUIT_SECONDS", 0.05)
    assert isinstance(send(Script({"QUIT": reply})), Accepted)


def test_smtp_has_no_quota() -> None:
    assert mailer(25).quota() is None


# Login and encryption.


def test_plain_login_takes_any_script() -> None:
    script = Script(extensions=("AUTH PLAIN LOGIN",))
    assert isinstance(send(script, **login()), Accepted)
    (auth,) = [line for line in script.lines if line.startswith("AUTH")]
    assert base64.b64decode(auth.split()[2]).decode() == f"\0asha\0{SECRET}"


def test_login_by_the_older_mechanism() -> None:
    script = Script(extensions=("AUTH LOGIN",))
    assert isinstance(send(script, **login()), Accepted)
    at = script.verbs().index("AUTH")
    assert base64.b64decode(script.lines[at].split()[2]).decode() == "asha"
    assert base64.b64decode(script.lines[at + 1]).decode() == SECRET


def test_starttls_encrypts_before_the_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(extensions=("STARTTLS", "AUTH PLAIN"), tls=_trust(tmp_path, monkeypatch))
    assert isinstance(send(script, security="starttls", **login()), Accepted)
    assert script.verbs() == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
    assert script.mails == [DATA]


def test_tls_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(extensions=("AUTH PLAIN",), tls=_trust(tmp_path, monkeypatch), is_tls_from_the_start=True)
    assert isinstance(send(script, security="tls", **login()), Accepted)
    assert script.mails == [DATA]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_certificate_of_an_unknown_authority_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    context = _trust(tmp_path, monkeypatch)
    monkeypatch.delenv("SSL_CERT_FILE")
    is_early = security == "tls"
    script = Script(extensions=("STARTTLS", "AUTH PLAIN"), tls=context, is_tls_from_the_start=is_early)
    outcome = send(script, security=security, **login())
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.text
    assert "AUTH" not in script.verbs()


def test_certificate_of_another_server_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = _trust(tmp_path, monkeypatch, "127.0.0.9")
    outcome = send(Script(tls=context, is_tls_from_the_start=True), security="tls")
    assert isinstance(outcome, NotSent)
    assert "IP address mismatch" in outcome.text


def test_no_login_is_sent_where_starttls_is_missing() -> None:
    script = Script(extensions=("AUTH PLAIN",))
    outcome = send(script, security="starttls", **login())
    assert isinstance(outcome, AccountRefused)
    assert "STARTTLS" in outcome.text
    assert "AUTH" not in script.verbs()


def test_starttls_that_is_down_for_the_moment() -> None:
    outcome = send(Script({"STARTTLS": "454 TLS not available"}, ("STARTTLS",)), security="starttls")
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"


def test_login_where_none_is_offered() -> None:
    outcome = send(Script(), **login())
    assert isinstance(outcome, AccountRefused)
    assert outcome.scope == "account"


def test_password_is_in_no_outcome_even_if_the_server_repeats_it() -> None:
    plain = base64.b64encode(f"\0asha\0{SECRET}".encode()).decode()
    script = Script({"AUTH": f"535 5.7.8 bad password {SECRET} in {plain}"}, ("AUTH PLAIN",))
    outcome = send(script, **login())
    assert isinstance(outcome, AccountRefused)
    assert SECRET not in outcome.text
    assert plain not in outcome.text
    assert "535 5.7.8 bad password ***" in outcome.text


def test_password_that_cannot_be_read_is_a_fault_of_the_account() -> None:
    def missing() -> str:
        raise Misconfigured("There is no password for the mail server.")

    script = Script(extensions=("AUTH PLAIN",))
    assert send(script, **login(password=missing)) == AccountRefused(
        "account", "There is no password for the mail server."
    )
    assert script.connections == 0


# Refusals: the stage, the server's words, what they mean.

THROTTLED = (NotSent, "throttled")
UNREACHABLE = (NotSent, "unreachable")
QUOTA = (NotSent, "quota")
ACCOUNT = (AccountRefused, "account")
SENDER = (AccountRefused, "sender")
REJECTED = (RecipientRejected, None)
UNKNOWN = (Unknown, None)


@pytest.mark.parametrize(
    ("stage", "reply", "meaning"),
    [
        ("GREETING", "421 4.3.2 Too many connections", THROTTLED),
        ("GREETING", "554 5.7.1 No service for your address", ACCOUNT),
        ("EHLO", "421 4.7.0 Try again later, closing connection", THROTTLED),
        ("AUTH", "535 Authentication Credentials Invalid", ACCOUNT),
        ("AUTH", "534 5.7.9 Application-specific password required", ACCOUNT),
        ("AUTH", "454 4.7.0 Temporary authentication failure", THROTTLED),
        ("AUTH", "421 4.7.0 Too many login attempts", THROTTLED),
        ("MAIL", "454 Throttling failure: Maximum sending rate exceeded.", THROTTLED),
        ("MAIL", "454 Throttling failure: Daily message quota exceeded.", QUOTA),
        ("MAIL", "451 4.3.0 Internal error", THROTTLED),
        ("MAIL", "530 5.7.0 Must issue a STARTTLS command first", ACCOUNT),
        ("MAIL", "530 Authentication required", ACCOUNT),
        ("MAIL", "553 5.1.8 Sender domain does not exist", SENDER),
        ("MAIL", "550 5.1.0 Address rejected", SENDER),
        ("MAIL", "552 5.3.4 Message size exceeds fixed limit", REJECTED),
        ("RCPT", "550 5.1.1 The email account that you tried to reach does not exist", REJECTED),
        ("RCPT", "550 5.2.1 Account disabled", REJECTED),
        ("RCPT", "552 5.2.2 The recipient's inbox is over quota", REJECTED),
        ("RCPT", "550 5.4.1 Recipient address rejected: Access denied", REJECTED),
        ("RCPT", "450 4.2.0 Greylisted, see http://postgrey.example", THROTTLED),
        ("RCPT", "451 4.7.1 Try again in 300 seconds", THROTTLED),
        ("RCPT", "421 4.7.28 Our system has detected an unusual rate", THROTTLED),
        ("RCPT", "550 5.4.5 Daily user sending limit exceeded.", QUOTA),
        ("RCPT", "554 5.7.1 <ravi@shop.example>: Relay access denied", ACCOUNT),
        ("RCPT", "550 5.7.1 Authentication required", ACCOUNT),
        ("RCPT", "553 5.7.1 <asha@acme.example>: Sender address rejected: not owned by user x", SENDER),
        ("DATA", "451 4.3.0 Try again", THROTTLED),
        ("DATA", "554 5.5.1 No valid recipients", REJECTED),
        ("END", "554 5.6.0 Message looks like spam", REJECTED),
        ("END", "552 5.3.4 Message too big", REJECTED),
        ("END", "452 4.3.1 Insufficient system storage", THROTTLED),
        ("END", "421 4.3.2 Shutting down", THROTTLED),
        ("END", "454 Throttling failure: Maximum sending rate exceeded.", THROTTLED),
        ("END", "454 Throttling failure: Daily message quota exceeded.", QUOTA),
        ("END", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", QUOTA),
        ("END", "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", SENDER),
        ("END", "554 Message rejected: Email address is not verified. The following identities failed "
                "the check in region AP-SOUTH-1: asha@acme.example", ACCOUNT),
        ("END", "554 Transaction failed: Sending paused for this account", ACCOUNT),
        ("END", "554 Access denied: User `x' is not authorized to perform `ses:SendRawEmail'", ACCOUNT),
        ("END", "??? what", UNKNOWN),
        ("END", "354 go on", UNKNOWN),
    ],
)  # fmt: skip
def test_refusal(stage: str, reply: str, meaning: tuple[type, str | None]) -> None:
    script = Script({stage: reply}, ("AUTH PLAIN",))
    outcome = send(script, **login())
    kind, word = meaning
    assert type(outcome) is kind
    assert getattr(outcome, "reason", getattr(outcome, "scope", None)) == word
    assert not isinstance(outcome, Accepted)
    if "?" not in reply:
        assert outcome.text == f"The mail server answered {reply}"
    assert script.connections == 1


def test_one_refused_recipient_stops_the_whole_mail() -> None:
    class Second(dict[str, str]):
        """Refuses the second recipient only."""

        count = 0

        def get(self, verb: str, usual: Any = None) -> Any:
            self.count += verb == "RCPT"
            return "550 no such user" if verb == "RCPT" and self.count == 2 else usual

    script = Script(Second())
    outcome = send(script, Mail("a@b.example", ("c@d.example", "e@f.example"), DATA, {}))
    assert isinstance(outcome, RecipientRejected)
    assert script.mails == []


def test_reply_in_many_lines_and_odd_bytes_becomes_one_line() -> None:
    outcome = send(Script({"RCPT": "550-5.1.1 no\r\n550-caf\udce9\r\n550 5.1.1 such user"}))
    assert outcome == RecipientRejected("The mail server answered 550 5.1.1 no caf\ufffd 5.1.1 such user")


@pytest.mark.parametrize(
    ("sender", "recipient", "kind"),
    [
        ("asha@acme.example", "ravi@shöp.example", RecipientRejected),
        ("asha@acme.example", "ravi@shop.example>\r\nRCPT TO:<x@y.example", RecipientRejected),
        ("asha @acme.example", "ravi@shop.example", AccountRefused),
    ],
)
def test_address_that_fits_no_envelope_is_never_tried(sender: str, recipient: str, kind: type) -> None:
    script = Script()
    assert type(send(script, Mail(sender, (recipient,), DATA, {}))) is kind
    assert script.connections == 0


# Lost connections and time-outs: before the final dot surely not sent, after it nobody knows.

STAGES = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("trouble", [DROP, SILENCE])
def test_lost_before_the_data_is_surely_not_sent(stage: str, trouble: str) -> None:
    script = Script({stage: trouble}, ("AUTH PLAIN",))
    outcome = send(script, **login(timeout=0.2 if trouble == SILENCE else 5.0))
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert script.mails == []


def test_lost_within_the_data_is_surely_not_sent() -> None:
    script = Script(drop_within_data=1_000)
    big = Mail("a@b.example", ("c@d.example",), DATA + b"x" * 76 * 100_000, {})
    outcome = send(script, big)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert script.mails == []


def test_mail_that_stalls_half_way_is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    outcome = _send_with_trouble(monkeypatch, script, on_the_wire(DATA), TimeoutError("timed out"), sent=40)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert script.mails == []
    assert script.unfinished == [DATA[:40]]  # no QUIT that would be a line of the mail


def test_lost_just_before_the_final_dot_is_surely_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    outcome = _send_with_trouble(monkeypatch, script, b".\r\n", BrokenPipeError(32, "Broken pipe"))
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert script.unfinished == [DATA]


def test_final_dot_that_may_be_half_way_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = _send_with_trouble(monkeypatch, Script(), b".\r\n", TimeoutError("timed out"))
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("trouble", [DROP, SILENCE])
def test_lost_after_the_final_dot_is_unknown(trouble: str) -> None:
    script = Script({"END": trouble})
    outcome = send(script, timeout=0.2 if trouble == SILENCE else 5.0)
    assert isinstance(outcome, Unknown)
    assert script.mails == [DATA]


def test_lost_after_the_final_dot_under_tls_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script({"END": DROP}, tls=_trust(tmp_path, monkeypatch), is_tls_from_the_start=True)
    assert isinstance(send(script, security="tls"), Unknown)
    assert script.mails == [DATA]


def test_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    outcome = mailer(port).send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"
    assert f"127.0.0.1:{port}" in outcome.text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70 + ".example"])
def test_name_that_does_not_resolve(host: str) -> None:
    outcome = mailer(25, host).send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"


def test_connect_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            outcome = mailer(port, timeout=0.2).send(MAIL)
    assert isinstance(outcome, NotSent)
    assert outcome.reason == "unreachable"


def _send_with_trouble(
    monkeypatch: pytest.MonkeyPatch, script: Script, at: bytes, trouble: OSError, *, sent: int = 0
) -> Outcome:
    """Send while the socket meets trouble at these bytes, of which some have left."""
    real = socket.socket.sendall

    def sendall(self: socket.socket, data: bytes, *flags: int) -> None:
        if data == at:
            real(self, data[:sent], *flags)
            raise trouble
        real(self, data, *flags)

    with monkeypatch.context() as patched:
        patched.setattr(socket.socket, "sendall", sendall)
        return send(script)
