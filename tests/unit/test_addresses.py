"""Addresses: the verdict on the sample, what cells of exports hold, and that nothing is made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from pivotr.domain.address_flags import flags, suggestion
from pivotr.domain.addresses import extract, is_plain, judge, normalise

SAMPLE = Path(__file__).parents[1] / "data" / "addresses.jsonl"
ROWS = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_sample(row: dict[str, str]) -> None:
    verdict = judge(row["address"])
    if row["verdict"] != "either":
        assert verdict.verdict == row["verdict"]
    if verdict.verdict == "valid":
        assert verdict.normalized == row["normalized"]
    else:
        assert verdict.normalized == ""
        assert verdict.reason


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("JOHN.Mathew@Example.com", "john.mathew@example.com"),
        ("MAILTO:Amit@Zoho.com?subject=Hello", "amit@zoho.com"),
        ("Amit Shah <amit@zoho.com>", "amit@zoho.com"),
        ('"Shah, Amit" <amit@zoho.com>', "amit@zoho.com"),
        ("Shah, Amit <amit@zoho.com>;", "amit@zoho.com"),
        ("amit@zoho.com <mailto:amit@zoho.com>", "amit@zoho.com"),
        ("'amit@zoho.com'", "amit@zoho.com"),
        ('="amit@zoho.com"', "amit@zoho.com"),
        ("[amit@zoho.com]", "amit@zoho.com"),
        ("\ufeffamit@zoho.com", "amit@zoho.com"),
        ("\u00a0amit@zoho.com\u3000", "amit@zoho.com"),
        ("am\u200bit@zo\u00adho.com", "amit@zoho.com"),
        ("\u202aamit@zoho.com\u202c", "amit@zoho.com"),
        ("ａｍｉｔ＠ｚｏｈｏ．ｃｏｍ", "amit@zoho.com"),
        ("o'brien@zoho.com", "o'brien@zoho.com"),
        ("AMIT@BÜCHER.example.com", "amit@xn--bcher-kva.example.com"),
        ("raju@भारत.भारत", "raju@xn--h2brj9c.xn--h2brj9c"),
    ],
)
def test_one_address_is_found_in_what_exports_write_around_it(cell: str, address: str) -> None:
    assert extract(cell) == [address]
    assert normalise(cell) == address


@pytest.mark.parametrize(
    "cell",
    [
        "a@x.com; b@x.org", "a@x.com, b@x.org", "a@x.com / b@x.org", "a@x.com/b@x.org", "a@x.com\nb@x.org",
        "a@x.com b@x.org", "a@x.com ::: b@x.org", "a@x.com | b@x.org", "a@x.com and b@x.org",
        '"Rao, A" <a@x.com>, "Rao, B" <b@x.org>', "a@x.com; b@x.org; 98200 00000",
        "a@x.com;;b@x.org; A@X.com",
    ],
)  # fmt: skip
def test_several_addresses_keep_their_order(cell: str) -> None:
    assert extract(cell) == ["a@x.com", "b@x.org"]
    assert judge(cell).reason == "the first of 2 addresses"


@pytest.mark.parametrize(
    "cell",
    [
        "", " ", "\u200b", "@", "asha.rao@", "girish@karnad", "not-an-email", "first,last@iana.org",
        "amit@zoho.co,in", "my@example.co\nm", "Ima Fool@iana.org", "a@b@c.com", ".a@b.com", "a..b@c.com",
        "a.@b.com", "a@b..com", "a@-b.com", "a@b-.com", "a@b_c.com", "a@1.2.3.4", "a@[1.2.3.4]", "a@b.123",
        '"a b"@c.com', "a(b)@c.com", "a@c.com..", "a@server.local", "a@site.test", "a@x.invalid",
        "a@localhost",
        "a@wiki.internal", "a@x.onion", "राजू@भारत.भारत", "\u212aumar@zoho.com", "amit＠zoho.com",
        "a\x00@b.com",
        "x" * 65 + "@a.com", "a@" + "b" * 64 + ".com", "a@" + "b." * 130 + "com", "@" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_address_is_never_repaired_into_somebody_elses(cell: str) -> None:
    assert extract(cell) == []
    assert judge(cell).verdict == "invalid"
    assert judge(cell).reason


def test_the_longest_parts_are_still_addresses() -> None:
    local, label = "x" * 64, "b" * 63
    assert normalise(f"{local}@{label}.com") == f"{local}@{label}.com"


@given(st.text(max_size=60) | st.text("ab.@-_<>;, '\"/\n\u200b１＠", max_size=30))
def test_any_text_gives_a_verdict_and_normal_forms_stay_as_they_are(cell: str) -> None:
    for address in extract(cell):
        assert extract(address) == [address]
        assert address.isascii()
        assert address == address.lower()
    assert judge(cell).verdict == ("valid" if extract(cell) else "invalid")


LABEL = st.text("ab1-_", min_size=1, max_size=5)
DOTTED = st.lists(LABEL, min_size=1, max_size=4).map(".".join)


@given(DOTTED, DOTTED, st.sampled_from(["com", "in", "test", "local", "technology", "c0m", "1"]))
def test_what_the_fast_path_accepts_the_careful_one_accepts(local: str, domain: str, top: str) -> None:
    address = f"{local}@{domain}.{top}"
    if is_plain(address):
        assert validate_email(address, check_deliverability=False).normalized.lower() == address


def test_flags() -> None:
    assert flags("customer.care@kaveri.example.com") == {"role"}
    assert flags("info2+x@kaveri.example.com") == {"role"}
    assert flags("priya@gmial.com") == {"typo_domain"}
    assert suggestion("priya@gmial.com") == "priya@gmail.com"
    assert flags("priya@gmail.com") == {"free"}
    assert suggestion("priya@gmail.com") == ""
    assert flags("priya.info@kaveri.example.com") == frozenset()
