"""What operators' files hold beside plain names: glued words, titles in rows, lost letters, firms."""

from __future__ import annotations

import pytest

from pivotr.domain.person_names import parse_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Asst. Prof. Meenal Kulkarni", "Meenal"),
        ("Principal Dr. Suhas Pednekar", "Suhas"),
        ("Padma Shri Mohan Babu", "Mohan"),
        ("Air Chief Marshal Vivek Chaudhari", "Vivek"),
        ("Bhai Gobind Singh", "Gobind"),
        ("Padma Lakshmi", "Padma"),
        ("Chief Engineer", None),
        ("Principal", None),
        ("Director General", None),
    ],
)
def test_words_that_belong_to_a_title_go_with_it(name: str, expected: str | None) -> None:
    assert parse_name(name).first_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("KRNarayanan", "Narayanan"),
        ("Dr.KRNarayanan", "Narayanan"),
        ("K.K.Shailaja", "Shailaja"),
        ("DeepaKS", "Deepa"),
        ("RameshKumar", "Ramesh"),
        ("AnjaliMehta", "Anjali"),
        ("sneha-patil", "Sneha"),
        ("Anna-Maria", "Anna-Maria"),
        ("McDonald", None),
        ("DSouza", None),
    ],
)
def test_words_written_as_one_are_taken_apart(name: str, expected: str | None) -> None:
    assert parse_name(name).first_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Abdul Rashid Sheikh", "Abdul Rashid"),
        ("A.P.J.Abdul Kalam", "Abdul Kalam"),
        ("SK ABDUL RAHIM", "Abdul Rahim"),
        ("Abdul Khan", "Abdul"),
        ("मोहम्मद रफ़ी", "रफ़ी"),
        ("मोहम्मद", "मोहम्मद"),
    ],
)
def test_nobody_is_greeted_by_half_a_name(name: str, expected: str) -> None:
    assert parse_name(name).first_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Arun Jain, Founder & CEO", "Arun"),
        ("Sharma & Co, Advocates", None),
        ("Gupta, Shah & Associates", None),
        ("Ravi Tyres", None),
        ("Jain Irrigation", None),
        ("Verma Law Chambers", None),
        ("sdfsdf", None),
        ("sdf dfgh", None),
    ],
)
def test_firms_and_mashed_keys_are_silent(name: str, expected: str | None) -> None:
    assert parse_name(name).first_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Jos\ufffd Fernandes", None),
        ("Rekha\ufffd", None),
        ("Rekha Rao \ufffd", "Rekha"),
        ("Jos\u00c3\u00a9 Fernandes", "José"),
        ("Zo\u00c3\u00ab D'Mello", "Zoë"),
        ("\u00e0\u00a4\u00b0\u00e0\u00a4\u008d", None),
        ("Ângela Dias", "Ângela"),
    ],
)
def test_letters_lost_or_misread_on_the_way_never_make_a_greeting(name: str, expected: str | None) -> None:
    assert parse_name(name).first_name == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kaloji Narayana Rao", "Narayana"),
        ("Madhavaram Krishna Rao", "Krishna"),
        ("Jamsetji Tata", "Jamsetji"),
    ],
)
def test_endings_of_family_names_are_not_taken_for_polite_ones(name: str, expected: str) -> None:
    assert parse_name(name).first_name == expected
