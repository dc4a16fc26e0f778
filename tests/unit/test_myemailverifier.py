"""MyEmailVerifier's answers as its servers were seen to give them, played on the loopback address."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import socketserver
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from pivotr.adapters.myemailverifier import MyEmailVerifier
from pivotr.errors import LimitReached, Misconfigured, PivotrError, Unavailable
from pivotr.ports.verifier import Verification
from tests.unit.smtp_server import certificate

KEY = "k3y/with+odd&chars=&%\u00e9"

#: As the vendor's documents show it.
GOOD = {
    "Address": "ravi@shop.example",
    "Status": "Valid",
    "Diagnosis": "Mailbox Exists and Active",
    "catch_all": "false",
    "Disposable_Domain": "false",
    "Role_Based": "false",
    "Free_Domain": "false",
    "Greylisted": "false",
}


class Vendor:
    """What the server answers, and what it was asked. An answer: bytes as they go out, or (status, JSON)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.targets: list[str] = []
        self.heads: list[str] = []

    def reply(self, head: str) -> bytes:
        self.heads.append(head)
        self.targets.append(head.split(" ")[1])
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer if isinstance(answer, bytes) else http(*answer)


def http(status: int, body: Any, *, mark: bytes = b"") -> bytes:
    data = mark + (body if isinstance(body, bytes) else json.dumps(body).encode())
    head = f"HTTP/1.1 {status} x\r\nContent-Type: text/html\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


@contextlib.contextmanager
def serving(vendor: Vendor, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    class Handler(socketserver.StreamRequestHandler):
        def setup(self) -> None:
            if tls is not None:
                self.request = tls.wrap_socket(self.request, server_side=True)
            super().setup()

        def finish(self) -> None:
            with contextlib.suppress(OSError):
                super().finish()
            self.request.close()

        def handle(self) -> None:
            head = b""
            with contextlib.suppress(OSError):
                while (line := self.rfile.readline()) not in (b"\r\n", b""):
                    head += line
                if not head:
                    return
                reply = vendor.reply(head.decode())
                if reply == b"silence":
                    self.rfile.read()
                elif reply == b"drip":
                    drip(self)
                else:
                    self.wfile.write(reply)

    def drip(handler: socketserver.StreamRequestHandler) -> None:
        pause = threading.Event()
        while True:
            handler.wfile.write(b"H")
            pause.wait(0.02)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that does not trust us breaks the hand-shake off."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def verifier(url: str, key: Callable[[], str] = lambda: KEY, **options: Any) -> MyEmailVerifier:
    return MyEmailVerifier(key, url=url, credits_url=url, **{"timeout": 5.0, **options})


def check(*answers: Any, email: str = "ravi@shop.example", **options: Any) -> Verification:
    with serving(Vendor(*answers)) as url:
        return verifier(url, **options).check(email)


def status_of(word: str, **changes: Any) -> Verification:
    return check((200, {**GOOD, "Status": word, **changes}))


# The call.


def test_address_and_key_are_encoded_into_the_recommended_call() -> None:
    vendor = Vendor((200, GOOD))
    with serving(vendor) as url:
        verifier(url).check("o'neil+a&b=c%@shop.example")
    parts = urlsplit(vendor.targets[0])
    assert parts.path == "/api/validate_single.php"
    assert parse_qs(parts.query) == {"apikey": [KEY], "email": ["o'neil+a&b=c%@shop.example"]}
    assert "+" not in parts.query
    assert f"\nHost: {url.partition('//')[2]}\r" in vendor.heads[0]


def test_one_check_is_one_call() -> None:
    vendor = Vendor((500, {}))
    with serving(vendor) as url, pytest.raises(Unavailable):
        verifier(url).check("ravi@shop.example")
    assert len(vendor.targets) == 1


def test_calls_are_encrypted_and_the_certificate_is_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    vendor = Vendor((200, GOOD))
    with serving(vendor, context) as url:
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            verifier(url).check("ravi@shop.example")
        assert vendor.targets == []
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert verifier(url).check("ravi@shop.example").verdict == "valid"


def test_defaults_are_the_vendors_addresses() -> None:
    one = MyEmailVerifier(lambda: KEY)
    assert one.name == "myemailverifier"
    assert one.credits_matter is True
    assert KEY not in repr(one)


# Status words.


@pytest.mark.parametrize(
    ("word", "verdict", "flags"),
    [
        ("Valid", "valid", set()),
        ("Invalid", "invalid", set()),
        ("Unknown", "unknown", set()),
        ("Catch-all", "risky", {"catch_all"}),
        ("catch_all", "risky", {"catch_all"}),
        ("Catch All", "risky", {"catch_all"}),
        ("CATCHALL", "risky", {"catch_all"}),
        ("Disposable", "risky", {"disposable"}),
        ("Role-Based", "valid", {"role"}),
        ("Greylisted", "unknown", {"greylisted"}),
        ("Grey-listed", "unknown", {"greylisted"}),
        ("Spam Trap", "invalid", {"spam_trap"}),
        ("Risky", "risky", set()),
        (" valid ", "valid", set()),
    ],
)
def test_status_word(word: str, verdict: str, flags: set[str]) -> None:
    found = status_of(word)
    assert (found.verdict, found.flags) == (verdict, flags)
    assert found.detail == "Mailbox Exists and Active"


@pytest.mark.parametrize("word", ["Toxic", "duplicate", "Valid?", "Gültig", "ok", "true"])
def test_unrecognised_status_means_do_not_send(word: str) -> None:
    found = status_of(word)
    assert found.verdict == "unknown"
    assert repr(word) in found.detail


# Flags.


@pytest.mark.parametrize("value", ["true", "True", "TRUE", True, 1, "1", 1.0, " true "])
@pytest.mark.parametrize(("name", "flag"), [("Role_Based", "role"), ("Free_Domain", "free")])
def test_flag_that_is_set(name: str, flag: str, value: object) -> None:
    assert status_of("Valid", **{name: value}) == Verification(
        "valid", frozenset({flag}), "Mailbox Exists and Active"
    )


@pytest.mark.parametrize("value", ["false", "False", False, 0, "0", None, ""])
def test_flag_that_is_not_set(value: object) -> None:
    assert status_of("Valid", Role_Based=value, catch_all=value).flags == frozenset()


def test_flags_may_be_missing() -> None:
    assert check((200, {"Status": "Valid"})) == Verification("valid", frozenset(), "")


@pytest.mark.parametrize(
    ("name", "flag", "verdict"),
    [
        ("catch_all", "catch_all", "risky"),
        ("Disposable_Domain", "disposable", "risky"),
        ("Greylisted", "greylisted", "unknown"),
    ],
)
def test_valid_with_a_doubt_is_not_plainly_valid(name: str, flag: str, verdict: str) -> None:
    found = status_of("Valid", **{name: "true"})
    assert (found.verdict, found.flags) == (verdict, {flag})


def test_flags_make_nothing_of_an_invalid_address() -> None:
    assert status_of("Invalid", catch_all="true").verdict == "invalid"


def test_words_of_the_diagnosis_decide_nothing() -> None:
    found = status_of("Valid", Diagnosis="INVALID_API_KEY INSUFFICIENT_CREDITS invalid email, catch-all")
    assert found.verdict == "valid"


def test_long_diagnosis_is_cut() -> None:
    assert len(status_of("Invalid", Diagnosis="x " * 5_000).detail) == 200


def test_byte_order_mark_does_no_harm() -> None:
    assert check(http(200, GOOD, mark=b"\xef\xbb\xbf")).verdict == "valid"


def test_answer_in_pieces() -> None:
    body = json.dumps(GOOD).encode()
    pieces = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (20, body[:20], len(body) - 20, body[20:])
    assert check(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces).verdict == "valid"


# Errors.


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"status": False, "message": "INSUFFICIENT_CREDITS"}),
        (200, {"status": False, "error": {"code": "INSUFFICIENT_CREDITS"}}),
        (200, {"status": "error", "msg": "Insufficient credits"}),
        (400, {"status": False, "error": "INSUFFICIENT_CREDITS"}),
        (402, {}),
        (403, {"status": False, "error": "INSUFFICIENT_CREDITS"}),
    ],
)
def test_no_credits_left(answer: Any) -> None:
    with pytest.raises(LimitReached, match="no credits") as caught:
        check(answer)
    assert "campaign resume" in caught.value.hint


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"status": False, "error": "INVALID_API_KEY"}),
        (401, b"<h1>Unauthorized</h1>"),
        (200, {"status": False, "message": "Invalid API key"}),
        (400, {"error_code": "INVALID_API_KEY"}),
        (403, {"status": False, "message": "Account suspended"}),
        (403, b""),
    ],
)
def test_refused_key(answer: Any) -> None:
    with pytest.raises(Misconfigured, match="refuses the key") as caught:
        check(answer)
    assert "MYEMAILVERIFIER_API_KEY" in caught.value.hint


@pytest.mark.parametrize("status", [404, 405, 410])
def test_call_that_the_vendor_does_not_know(status: int) -> None:
    with pytest.raises(Misconfigured, match=str(status)):
        check((status, b"<html>"))


@pytest.mark.parametrize(
    "answer",
    [
        (429, {"status": False, "error": "RATE_LIMIT_EXCEEDED"}),
        (200, {"status": False, "error": "RATE_LIMIT_EXCEEDED"}),
        (500, {}),
        (502, b"<html>Bad gateway</html>"),
        (503, b""),
        (408, b""),
        (200, b""),
        (200, b"<html>Just a moment...</html>"),
        (200, b"\xff\xfe"),
        (200, b'{"Status": "Val'),
        (200, b'"Valid"'),
        (200, [GOOD]),
        (200, {}),
        (200, {"status": True}),
        (200, {**GOOD, "Status": ""}),
        (200, {**GOOD, "Status": None}),
        (200, {**GOOD, "Status": True}),
        (200, {**GOOD, "error_code": 7}),
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
        (200, b'{"Status": "Valid", "x": "' + b"x" * 100_000 + b'"}'),
    ],
)
def test_no_verdict_now(answer: Any) -> None:
    with pytest.raises(Unavailable):
        check(answer)


@pytest.mark.parametrize("code", [0, "0", None, False, ""])
def test_error_code_of_a_good_answer(code: object) -> None:
    assert status_of("Valid", error_code=code).verdict == "valid"


@pytest.mark.parametrize(
    "message", ["Invalid email format", "INVALID_EMAIL", "The email address is not valid"]
)
def test_address_that_the_vendor_cannot_read_is_unknown(message: str) -> None:
    found = check((400, {"status": False, "message": message}))
    assert found == Verification("unknown", frozenset(), message)


def test_call_that_the_vendor_cannot_read_is_no_verdict_on_the_address() -> None:
    with pytest.raises(Misconfigured, match="400"):
        check((400, {"status": False, "message": "Missing parameter. See myemailverifier.example/docs"}))


# Time.


@pytest.mark.parametrize("answer", [b"silence", b"drip"])
def test_call_ends_in_time_however_slowly_the_vendor_talks(answer: bytes) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        check(answer, timeout=0.3)


def test_silence_under_tls_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with serving(Vendor(b"drip"), context) as url, pytest.raises(Unavailable):
        verifier(url, timeout=0.5).check("ravi@shop.example")


def test_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        verifier(f"http://127.0.0.1:{port}").check("ravi@shop.example")


def test_host_that_accepts_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), pytest.raises(Unavailable):
            verifier(f"http://127.0.0.1:{port}", timeout=0.2).check("ravi@shop.example")


# The key.


def test_key_is_read_once_for_many_checks() -> None:
    reads = []
    with serving(Vendor((200, GOOD))) as url:
        one = verifier(url, lambda: reads.append(1) or KEY)
        for _ in range(3):
            one.check("ravi@shop.example")
    assert len(reads) == 1


def test_changed_key_is_taken_up_without_a_restart() -> None:
    keys = iter(["old", "new", "never"])
    vendor = Vendor((200, GOOD), (401, {"error": "INVALID_API_KEY"}), (200, GOOD))
    with serving(vendor) as url:
        one = verifier(url, lambda: next(keys))
        assert one.check("a@shop.example").verdict == "valid"
        assert one.check("b@shop.example").verdict == "valid"
    assert [parse_qs(urlsplit(target).query)["apikey"] for target in vendor.targets] == [
        ["old"],
        ["old"],
        ["new"],
    ]


def test_refused_key_that_has_not_changed_is_not_tried_twice() -> None:
    vendor = Vendor((401, {}))
    with serving(vendor) as url, pytest.raises(Misconfigured):
        verifier(url).check("ravi@shop.example")
    assert len(vendor.targets) == 1


def test_key_that_is_put_right_later_is_read_at_the_next_check() -> None:
    keys = iter(["bad", "bad", "good"])
    vendor = Vendor((401, {}), (200, GOOD))
    with serving(vendor) as url:
        one = verifier(url, lambda: next(keys))
        with pytest.raises(Misconfigured):
            one.check("ravi@shop.example")
        assert one.check("ravi@shop.example").verdict == "valid"


def test_blanks_around_the_key_are_dropped() -> None:
    vendor = Vendor((200, GOOD))
    with serving(vendor) as url:
        verifier(url, lambda: " k1\n").check("ravi@shop.example")
    assert parse_qs(urlsplit(vendor.targets[0]).query)["apikey"] == ["k1"]


def test_empty_key_makes_no_call() -> None:
    vendor = Vendor((200, GOOD))
    with serving(vendor) as url, pytest.raises(Misconfigured, match="empty"):
        verifier(url, lambda: " \n").check("ravi@shop.example")
    assert vendor.targets == []


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"status": False, "message": f"no such key {KEY}"}),
        (400, {"message": f"invalid email for {KEY}"}),
        (200, {**GOOD, "Status": KEY, "Diagnosis": f"checked with {KEY}"}),
        (401, {"error": f"INVALID_API_KEY {KEY}"}),
        (404, {"error": KEY}),
        (429, {"error": KEY}),
        b"",
        b"silence",
        b"nonsense " + KEY.encode() + b"\r\n",
    ],
)
def test_key_is_in_no_text_and_no_log(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    with serving(Vendor(answer)) as url:
        one = verifier(url, timeout=0.3)
        for ask in (lambda: one.check("ravi@shop.example"), one.credits):
            try:
                said += repr(ask())
            except PivotrError as error:
                said += error.hint + "".join(traceback.format_exception(error)) + repr(error.__context__)
    said += repr(one) + caplog.text
    assert said
    assert KEY not in said
    assert "apikey" not in said
    assert unquote(said).count(KEY) == 0


def test_key_that_breaks_an_address_is_not_told_by_the_http_layer() -> None:
    with pytest.raises(Unavailable) as caught:
        verifier("http://127.0.0.1:70000").check("ravi@shop.example")
    assert caught.value.__context__ is None
    assert "apikey" not in str(caught.value)


# Credits.


@pytest.mark.parametrize(
    ("answer", "number"),
    [
        ({"credits": "7800"}, 7_800),
        ({"credits": 7800}, 7_800),
        ({"Credits": "7800", "status": True}, 7_800),
        ({"credits": "7,800"}, 7_800),
        ({"credits": "7800.00"}, 7_800),
        ({"credits": "0"}, 0),
        ({"credits": -3}, 0),
    ],
)
def test_credits(answer: dict[str, Any], number: int) -> None:
    vendor = Vendor((200, answer))
    with serving(vendor) as url:
        assert verifier(url).credits() == number
    (target,) = vendor.targets
    assert target.startswith("/verifier/getcredits/")
    assert unquote(target.removeprefix("/verifier/getcredits/")) == KEY
    assert target.count("/") == 3


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((200, {"credits": None}), Unavailable),
        ((200, {"credits": "many"}), Unavailable),
        ((200, {"credits": "inf"}), Unavailable),
        ((200, {}), Unavailable),
        ((200, {"status": False, "message": "INVALID_API_KEY"}), Misconfigured),
        ((401, {}), Misconfigured),
        ((200, {"status": False, "message": "INSUFFICIENT_CREDITS"}), LimitReached),
        ((503, b""), Unavailable),
    ],
)
def test_credits_that_are_not_told(answer: Any, kind: type[PivotrError]) -> None:
    with serving(Vendor(answer)) as url, pytest.raises(kind):
        verifier(url).credits()
