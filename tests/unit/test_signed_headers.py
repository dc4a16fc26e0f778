"""What a signature of a mail that arrived covers."""

from __future__ import annotations

from pivotr.domain.signed_headers import read_copy

GOOD = b"""Return-Path: <0100@eu-west-1.amazonses.com>
DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt; c=relaxed/simple;
\ts=abc; d=acme.example; t=1700000000;
\th=From:To:Subject:Date:Message-ID:List-Unsubscribe:
\t List-Unsubscribe-Post:MIME-Version;
\tbh=AAA=; b=BBB=
DKIM-Signature: v=1; a=rsa-sha256; s=ses; d=amazonses.com; h=From:To; bh=A; b=B
From: "Sales, Acme" <sales@Mail.acme.example>
Subject: Hi
List-Unsubscribe: <https://u.acme.example/u/x>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello
"""


def test_both_headers_are_covered_by_a_signature_of_the_senders_domain() -> None:
    copy = read_copy(GOOD)
    assert [(one.domain, one.selector) for one in copy.signatures] == [
        ("acme.example", "abc"),
        ("amazonses.com", "ses"),
    ]
    assert (copy.missing, copy.uncovered, copy.is_aligned) == ((), (), True)


def test_a_signature_of_somebody_else_covers_nothing() -> None:
    copy = read_copy(GOOD.replace(b"d=acme.example", b"d=other.example"))
    assert copy.uncovered == ("List-Unsubscribe", "List-Unsubscribe-Post")
    assert not copy.is_aligned


def test_a_header_that_is_not_covered_or_not_there_is_named() -> None:
    assert read_copy(GOOD.replace(b" List-Unsubscribe-Post:MIME", b" MIME")).uncovered == (
        "List-Unsubscribe-Post",
    )
    gone = GOOD.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n", b"")
    assert read_copy(gone).missing == ("List-Unsubscribe-Post",)


def test_anything_can_be_read() -> None:
    for raw in (
        b"",
        b"\x00\xff",
        b"DKIM-Signature: ;;h=;d\nFrom: x\n\n",
        b"From: a@b\nDKIM-Signature: d=b; h=:\n",
    ):
        assert not read_copy(raw).is_aligned


def test_the_subject_is_told_as_its_reader_saw_it() -> None:
    coded = b"Subject: =?utf-8?b?4KSG4KS24KS+?=\n =?utf-8?b?IOCksOCkvuCktQ==?="
    assert read_copy(GOOD.replace(b"Subject: Hi", coded)).subject == "आशा राव"
