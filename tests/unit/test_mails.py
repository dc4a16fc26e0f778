"""Mails as bytes: golden files, two parsers, no injection, the same bytes in every process."""

from __future__ import annotations

import base64
import email
import email.policy
import os
import quopri
import re
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_cases import CASES, KOLKATA, PLAIN

from pivotr.domain.mails import compose, message_id
from pivotr.domain.texts import body_text, one_line
from pivotr.errors import InvalidInput

GOLDEN = Path(__file__).parent.parent / "data" / "mails"


def strictly(raw: bytes) -> EmailMessage:
    """The mail as the standard library reads it, with any defect raised or asserted."""
    parsed = email.message_from_bytes(raw, policy=email.policy.strict)
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert not part.defects
        assert not [value.defects for value in part.values() if value.defects]
    return parsed


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """Header fields read by the letters of RFC 5322 and RFC 2047, without the standard library's parser."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    unfolded = re.sub(rb"\r\n([ \t])", rb"\1", head).decode("ascii")
    fields = [line.partition(": ")[::2] for line in unfolded.split("\r\n")]
    return [(name, decoded_words(value)) for name, value in fields]


def decoded_words(value: str) -> str:
    joined = re.sub(r"(=\?utf-8\?b\?[^?]*\?=)\s+(?==\?utf-8\?b\?)", r"\1", value)
    return re.sub(r"=\?utf-8\?b\?([^?]*)\?=", lambda word: base64.b64decode(word[1]).decode(), joined)


def body_of(raw: bytes) -> str:
    head, _, body = raw.partition(b"\r\n\r\n")
    if b"Encoding: base64" in head:
        return base64.b64decode(body).decode()
    assert b"Encoding: quoted-printable" in head
    return quopri.decodestring(body.replace(b"\r\n", b"\n")).decode()


def lines(content: str) -> str:
    """Decoded content with the line ends of Python and none around it."""
    return content.replace("\r\n", "\n").strip("\n")


def check_wire(raw: bytes) -> None:
    """ASCII, CRLF and nothing else, lines of at most 998 characters; encoded words of at most 75."""
    assert raw.isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\x00" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?b\?[^?]*\?=", raw))


@pytest.mark.parametrize("name", CASES)
def test_golden_mail(name: str) -> None:
    raw = compose(**CASES[name])
    assert raw == (GOLDEN / f"{name}.eml").read_bytes()
    check_wire(raw)


def test_there_are_twelve_golden_mails() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.eml")) == sorted(CASES)
    assert len(CASES) == 12


@pytest.mark.parametrize("name", CASES)
def test_both_parsers_read_what_was_given(name: str) -> None:
    case = CASES[name]
    raw = compose(**case)
    parsed = strictly(raw)
    fields = dict(headers_of(raw))
    assert parsed["subject"] == fields["Subject"] == one_line(case["subject"])
    assert parsed["from"].addresses[0].display_name == case["sender_name"]
    assert parsed["from"].addresses[0].addr_spec == case["sender_address"]
    assert parsed["to"].addresses[0].display_name == case["to_name"]
    assert parsed["to"].addresses[0].addr_spec == case["to_address"]
    assert (
        [one.addr_spec for one in parsed["cc"].addresses] == case["cc"]
        if "cc" in case
        else "Cc" not in fields
    )
    assert parsed["date"].datetime == case["date"].replace(microsecond=0)
    plain = parsed.get_body(("plain",))
    assert plain is not None
    assert lines(plain.get_content()) == case["text"].strip("\n")
    if "html" in case:
        assert parsed.get_content_type() == "multipart/alternative"
        markup = parsed.get_body(("html",))
        assert markup is not None
        assert lines(markup.get_content()) == case["html"].strip("\n")
    else:
        assert lines(body_of(raw)) == case["text"].strip("\n")


def test_the_way_out_and_the_thread() -> None:
    fields = dict(headers_of(compose(**CASES["way-out"])))
    link, mailto = CASES["way-out"]["unsubscribe_url"], CASES["way-out"]["unsubscribe_mailto"]
    assert fields["List-Unsubscribe"] == f"<{link}>, <{mailto}>"
    assert fields["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert fields["Reply-To"] == "replies@pivot.example"
    assert fields["X-Pivotr-Mail"].startswith("c1.l1.1.")
    by_mail = dict(headers_of(compose(**CASES["way-out-by-mail"])))
    assert by_mail["List-Unsubscribe"] == "<mailto:stop@pivot.example>"
    assert "List-Unsubscribe-Post" not in by_mail
    follow_up = dict(headers_of(compose(**CASES["follow-up"])))
    assert follow_up["In-Reply-To"] == CASES["follow-up"]["in_reply_to"]
    assert follow_up["References"].split(" ") == [*CASES["follow-up"]["references"]]
    assert follow_up["Message-ID"] == "<m2@pivot.example>"


def test_the_date_is_in_the_zone_of_the_sender() -> None:
    assert dict(headers_of(compose(**PLAIN)))["Date"] == "Tue, 24 Nov 2026 14:43:05 +0530"
    with pytest.raises(ValueError, match="time zone"):
        compose(**PLAIN | {"date": KOLKATA.replace(tzinfo=None)})


def test_message_ids_are_derived() -> None:
    first = message_id("pivot.example", "c1", "l1", "1")
    assert (
        first == message_id("pivot.example", "c1", "l1", "1") != message_id("pivot.example", "c1", "l1", "2")
    )
    assert re.fullmatch(r"<[a-z2-7]{24}@pivot\.example>", first)


@pytest.mark.parametrize(
    "wrong",
    [
        {"to_address": "asha@acme.example\r\nBcc: all@x.example"},
        {"to_address": "asha@acme.example, all@x.example"},
        {"to_address": "asha@acme.example\n"},
        {"to_address": "<asha@acme.example>"},
        {"to_address": "आशा@acme.example"},
        {"to_address": "a" * 65 + "@acme.example"},
        {"to_address": ""},
        {"sender_address": "ravi"},
        {"reply_to": "r@x.example>\r\nX: y"},
        {"cc": ["ok@x.example", "no no@x.example"]},
        {"message_id": "<a b@x.example>"},
        {"message_id": "<a@x.example>\r\nX: y"},
        {"in_reply_to": "nothing"},
        {"references": ["<a@x.example> <b@x.example>"]},
        {"unsubscribe_url": "https://u.example/ x"},
        {"unsubscribe_url": "javascript:alert(1)"},
        {"unsubscribe_url": "https://u.example/" + "x" * 900},
        {"unsubscribe_mailto": "mailto:a@x.example>\r\nX: y"},
        {"extra_headers": {"Bcc": "all@x.example"}},
        {"extra_headers": {"X-A\r\nBcc": "all@x.example"}},
        {"extra_headers": {"DKIM-Signature": "v=1"}},
    ],
)
def test_what_cannot_be_written_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        compose(**PLAIN | wrong)


ANY = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=120),
    st.binary(max_size=120).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.lists(
        st.sampled_from(["\r", "\n", "\r\n", "\x00", "Bcc: x@y.example", "\ud800", "\u202e", "\u2028", "\x85"]
                        + ["=?utf-8?q?=0D=0A?=", " ", "\t", ";", ",", "<", ">", '"', "\\", "(", "नी"]
                        + ["👩‍👧", "--=_"]),
        max_size=30,
    ).map("".join),
)  # fmt: skip
NAMES_OF_A_MAIL = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "X-Pivotr-Mail",
    "MIME-Version",
    "Content-Type",
]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(names=st.tuples(ANY, ANY), subject=ANY, text=ANY, html=ANY, extra=ANY)
def test_no_value_can_write_a_header(
    names: tuple[str, str], subject: str, text: str, html: str, extra: str
) -> None:
    raw = compose(
        **PLAIN
        | {"sender_name": names[0], "to_name": names[1], "subject": subject, "text": text, "html": html},
        extra_headers={"X-Pivotr-Mail": extra},
    )
    check_wire(raw)
    fields = headers_of(raw)
    assert [field for field, _ in fields] == NAMES_OF_A_MAIL
    assert dict(fields)["Subject"] == one_line(subject)
    assert dict(fields)["X-Pivotr-Mail"] == one_line(extra)
    parsed = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    assert parsed.keys() == NAMES_OF_A_MAIL
    assert [part.get_content_type() for part in parsed.walk()][1:] == ["text/plain", "text/html"]
    assert [one.addr_spec for one in parsed["to"].addresses] == [PLAIN["to_address"]]
    plain, markup = list(parsed.iter_parts())
    assert lines(plain.get_payload(decode=True).decode()) == body_text(text).strip("\n")
    assert lines(markup.get_payload(decode=True).decode()) == body_text(html).strip("\n")


@settings(max_examples=200, deadline=None)
@given(address=ANY, identity=ANY, link=ANY)
def test_any_address_id_or_link_is_refused_or_stays_one_field(address: str, identity: str, link: str) -> None:
    for wrong in (
        {"to_address": address},
        {"to_address": f"a{address}@x.example"},
        {"in_reply_to": f"<a{identity}@x.example>"},
        {"unsubscribe_url": f"https://u.example/{link}"},
        {"unsubscribe_mailto": f"mailto:a@x.example?subject={link}"},
    ):
        try:
            raw = compose(**PLAIN | wrong)
        except InvalidInput:
            continue
        check_wire(raw)
        allowed = {"In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post"}
        assert {name for name, _ in headers_of(raw)} <= {
            *NAMES_OF_A_MAIL,
            *allowed,
            "Content-Transfer-Encoding",
        }


DIGEST_OF_MAILS = """
import hashlib
from datetime import UTC, datetime, timedelta
from pivotr.domain.leads import Lead
from pivotr.domain.mails import compose, message_id
from pivotr.domain.templates import TemplateVersion, compile_template, variables_for

template = compile_template(TemplateVersion(
    id="t", version=1, subject="{A|One} {question|word}, {{FirstName}}",
    text="{Hi|Hello|Dear} {{FirstName|there}},\\n\\n{shall|may|can} we talk {today|soon}? ₹\\n"
    "{{UnsubscribeLink}}\\n",
))
digest, begin, seen = hashlib.blake2b(digest_size=16), datetime(2026, 11, 24, 9, tzinfo=UTC), set()
for number in range(COUNT):
    lead = Lead(id=f"l{number}", first_name=f"Asha{number}", email=f"a{number}@acme.example")
    values = variables_for(lead, unsubscribe_link=f"https://u.example/u/{number}")
    mail = template.render(values, campaign="c1", lead=lead.id, step=1)
    raw = compose(
        sender_name="Ravi", sender_address="ravi@pivot.example",
        to_name=lead.first_name, to_address=lead.email,
        subject=mail.subject, text=mail.text, date=begin + timedelta(seconds=90 * number),
        message_id=message_id("pivot.example", "c1", lead.id, "1"), unsubscribe_url=values["UnsubscribeLink"],
    )
    seen.add(hash(raw))
    digest.update(raw)
print(len(seen), digest.hexdigest())
"""


def _digesting(count: int, hash_seed: str, zone: str) -> subprocess.Popen[str]:
    script = DIGEST_OF_MAILS.replace("COUNT", str(count))
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_a_hundred_thousand_mails_are_the_same_bytes_in_two_processes() -> None:
    with _digesting(100_000, "1", "Asia/Tokyo") as one, _digesting(100_000, "2", "UTC") as other:
        answers = [process.communicate(timeout=580)[0] for process in (one, other)]
    assert answers[0] == answers[1]
    assert answers[0].split(" ")[0] == "100000"
