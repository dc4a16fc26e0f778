"""Lead files: the samples give what is expected, other dialects and damages what an operator expects."""

from __future__ import annotations

import codecs
import io
import json
from pathlib import Path

import pytest

from pivotr.domain.lead_files.row import Row
from pivotr.domain.lead_files.rows import LeadFile, read_leads, unique
from pivotr.domain.lead_files.unreadable import UnreadableFile
from pivotr.errors import InvalidInput

LEADS = Path(__file__).parents[1] / "data" / "leads"
SAMPLES = sorted(path.name for path in LEADS.iterdir() if path.suffix != ".json")
HEADER = "Name,Email,Company\r\n"


def opened(data: bytes | str, mapping: dict[str, str] | None = None) -> LeadFile:
    raw = data.encode() if isinstance(data, str) else data
    return read_leads(io.BytesIO(raw), mapping=mapping)


def rows(data: bytes | str, mapping: dict[str, str] | None = None) -> list[Row]:
    return list(unique(opened(data, mapping)))


def leads(data: bytes | str, mapping: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    return [(row.full_name, row.email, row.company) for row in rows(data, mapping) if not row.problem]


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    expected = json.loads((LEADS / f"{name}.expected.json").read_text(encoding="utf-8"))
    with (LEADS / name).open("rb") as file:
        found = list(unique(read_leads(file, name=name)))
    either = {lead["email"] for lead in expected.get("either", [])}
    imported = [
        {"name": row.full_name, "email": row.email, "company": row.company}
        for row in found
        if not row.problem and row.email not in either
    ]
    rejected = [(row.record, row.problem) for row in found if row.problem]
    assert imported == expected["imported"]
    assert rejected == [(row["record"], row["reason"]) for row in expected["rejected"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_delimiter_in_every_encoding(delimiter: str, encoding: str) -> None:
    lines = [
        ["Name", "E-Mail", "Firma"],
        ["Jörg Müller", "j@x.example.com", "Café"],
        ["B", "b@x.example.com", ""],
    ]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert leads(text.encode(encoding)) == [
        ("Jörg Müller", "j@x.example.com", "Café"),
        ("B", "b@x.example.com", ""),
    ]


def test_one_line_in_another_encoding_spoils_no_other_line() -> None:
    data = HEADER.encode() + "प्रिया,p@x.com,नायर\r\n".encode() + "José,j@x.com,Café\r\n".encode("cp1252")
    assert leads(data) == [("प्रिया", "p@x.com", "नायर"), ("José", "j@x.com", "Café")]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nName;Email;Company\r\nA B;a@x.com;C, D\r\n",
        '\ufeff"sep=|"\nName|Email|Company\nA B|a@x.com|C, D\n',
        '\n\nABC Expo 2024\nBy: r@expo.example.com\n\nSr No;Name;E-mail ID;Firm\n1;A B;a@x.com;"C, D"\n',
        "Name, Email, Company\nA B, a@x.com, \"C, D\"\n",
        "'Name','Email','Company'\n'A B','a@x.com','C, D'\n",
        '"Name,Email,Company"\n"A B,a@x.com,""C, D"""\n',
        '"Contact\nName";"E-mail\nAddress";Organisation\nA B;a@x.com;C, D\n',
        "Email,Full Name,Organization\ra@x.com,A B,\"C, D\"\r",
        "Name,Email\0,Company\nA\0 B,a@x.c\0om,\"C, D\"\n\x1a",
        "First Name\tMiddle Name\tLast Name\tEmail\tAccount Name\nA\t\tB\ta@x.com\tC, D\n",
        "Vorname;Name;E-Mail-Adresse;Firma\nA;B;a@x.com;C, D\n",
        "Prénom;Nom;Courriel;Société\nA;B;a@x.com;C, D\n",
        "Nombre;Apellidos;Correo electrónico;Empresa\nA;B;a@x.com;C, D\n",
        "Nome;Sobrenome;Endereço de e-mail;Empresa\nA;B;a@x.com;C, D\n",
        "नाम;ई-मेल;कंपनी\nA B;a@x.com;C, D\n",
        "Person - Name;Person - Email - Work;Organization - Name\nA B;a@x.com;C, D\n",
        "A B;a@x.com;C, D\nB C;b@;D\n",
        "A;B;a@x.com;C, D;98200 00000\nB;C;b@;D;98200 00001\n",
    ],
)  # fmt: skip
def test_the_same_lead_in_many_shapes(text: str) -> None:
    assert leads(text) == [("A B", "a@x.com", "C, D")]


def test_several_columns_of_addresses_are_tried_in_order() -> None:
    text = (
        "First Name,Last Name,Personal Email,E-mail 2 Address,Email Status,E-mail Address,Contact Owner\n"
        "A,B,p@x.com,s@x.com,ok,m@x.com,own@us.com\nC,D,p2@x.com,s2@x.com,,broken@,own@us.com\nE,F,p3@x.com,,,,own@us.com\n"
    )
    assert [email for _, email, _ in leads(text)] == ["m@x.com", "s2@x.com", "p3@x.com"]
    assert rows(text)[0].fields["Contact Owner"] == "own@us.com"


def test_the_addresses_of_others_are_never_taken_for_the_leads() -> None:
    with pytest.raises(UnreadableFile) as caught:
        opened("Name,Phone,Contact Owner Email\nA,98,me@us.com\nB,99,me@us.com\n")
    assert caught.value.problem == "no_email_column"


def test_mapping_wins_and_names_variables() -> None:
    text = "Kunde;Email;Zweite;Ort\nA B;a@x.com;w@x.com;Pune\n"
    row = rows(text, {"email": "zweite", "full_name": "Kunde", "City": "Ort"})[0]
    assert (row.full_name, row.email, row.fields) == ("A B", "w@x.com", {"Email": "a@x.com", "City": "Pune"})
    assert leads("A B;1;a@x.com\n", {"email": "3", "name": "1"}) == [("A B", "a@x.com", "")]
    assert leads("Email,Work Email\na@x.com,\nb@x.com,c@x.com\n", {"email": "Work Email"}) == [
        ("", "c@x.com", "")
    ]
    with pytest.raises(InvalidInput, match="no column “9”; its columns are: Kunde, Email, Zweite, Ort"):
        opened(text, {"email": "9"})
    with pytest.raises(InvalidInput, match="no column “Mail”; its columns are: Kunde, Email, Zweite, Ort"):
        opened(text, {"email": "Mail"})


def test_a_file_without_header_takes_its_mapping_by_number() -> None:
    text = "a@x.com,Ann Lee,Acme,Pune\nb@x.com,Bob Ray,Beta,Agra\n"
    assert leads(text, {"company": "4"}) == [("Ann Lee", "a@x.com", "Pune"), ("Bob Ray", "b@x.com", "Agra")]
    row = rows(text, {"full_name": "Column 3", "City": "4"})[0]
    assert (row.full_name, row.company, row.fields) == ("Acme", "", {"Column 2": "Ann Lee", "City": "Pune"})
    # a guess that the operator contradicts is no guess any more
    assert leads(text, {"company": "2"})[0] == ("", "a@x.com", "Ann Lee")


@pytest.mark.parametrize("wrong", ["Firm", "9", "Column 9"])
def test_a_mapping_that_no_column_answers_is_refused(wrong: str) -> None:
    for text in ("a@x.com,Ann Lee,Acme\n", "Email,Name,Firma\na@x.com,Ann Lee,Acme\n"):
        with pytest.raises(InvalidInput, match=f"no column “{wrong}”; its columns are: .*, .*, "):
            opened(text, {"company": wrong})


def test_rows_above_the_first_full_one_are_no_header_where_columns_have_numbers() -> None:
    text = ",Bob Ray,Beta\na@x.com,Ann Lee,Acme\n,Cy Dee,Gamma\nd@x.com,Di Fox,Delta\n"
    read = [(row.line, row.email, row.problem) for row in rows(text, {"email": "1", "full_name": "2"})]
    missing = ("", "missing_email")
    assert read == [(1, *missing), (2, "a@x.com", ""), (3, *missing), (4, "d@x.com", "")]


def test_a_header_in_unknown_words_is_found_by_the_mapping() -> None:
    text = "Adressen 2026\nAdr;Wer;Betrieb\na@x.com;Ann Lee;Acme\n"
    assert leads(text, {"company": "Betrieb", "full_name": "Wer"}) == [("Ann Lee", "a@x.com", "Acme")]
    assert leads(text.split("\n", 1)[1], {"email": "1", "company": "3"})[0][1:] == ("a@x.com", "Acme")


def test_unknown_columns_are_kept_under_their_names() -> None:
    row = rows("Email,City,City,,Plan\na@x.com,Pune,Agra,x,\n")[0]
    assert row.fields == {"City": "Pune", "City 2": "Agra"}


def test_name_beside_the_address_is_used_when_there_is_no_other() -> None:
    assert leads('Email\n"Rao, Asha <a@x.com>"\n')[0][0] == "Rao, Asha"


@pytest.mark.parametrize(
    "tail",
    [
        'C D,c@x.com,"Foo\r\nE F,e@x.com,Bar\r\nG H,g@x.com,Baz\r\n',
        'C D,c@x.com,"Foo\r\nE F,e@x.com,"Bar"\r\nG H,g@x.com,Baz\r\n',
        '"C D,c@x.com,Foo\r\n"E F,e@x.com,Bar\r\nG H,g@x.com,Baz\r\n',
        'C D,c@x.com,"Foo\r\nE F,e@x.com,"Bar\r\nG H,g@x.com,"Baz\r\n',
    ],
)
def test_a_quote_never_closed_swallows_no_other_row(tail: str) -> None:
    found = rows(HEADER + "A B,a@x.com,Z\r\n" + tail)
    assert [row.email for row in found] == ["a@x.com", "c@x.com", "e@x.com", "g@x.com"]
    assert [row.line for row in found] == [2, 3, 4, 5]


def test_a_quote_never_closed_in_a_long_file() -> None:
    many = "".join(f"N {at},n{at}@x.com,Co\r\n" for at in range(30_000))
    found = rows(HEADER + many + 'C D,c@x.com,"Foo\r\n' + many.replace("@x", "@y"))
    assert len([row for row in found if not row.problem]) == 60_001
    assert found[-1].line == 60_002


def test_quoted_newlines_belong_to_their_cell() -> None:
    text = HEADER + '"A\r\nB",a@x.com,"1 Street\r\nPune"\r\nC,c@x.com,"x\n""y"" z"\r\n'
    found = rows(text)
    assert [(row.line, row.full_name, row.company) for row in found] == [
        (2, "A B", "1 Street Pune"),
        (5, "C", 'x "y" z'),
    ]


@pytest.mark.parametrize("cut", ["C D,c@x.co", 'C D,"c@x.com', 'C D,"c@x.co', 'C "', "C D"])
def test_an_address_that_may_be_cut_off_is_refused(cut: str) -> None:
    found = rows(HEADER + "A B,a@x.com,Z\r\n" + cut)
    assert [(row.email, row.problem) for row in found] == [("a@x.com", ""), ("", "unreadable_row")]


def test_a_last_row_without_line_end_is_a_row() -> None:
    assert leads("Name,Email\nA B,a@x.com\nC D,c@x.com")[-1] == ("C D", "c@x.com", "")
    assert leads(HEADER + "A B,a@x.com\nC D,c@x.com")[-1] == (
        "C D",
        "c@x.com",
        "",
    )  # short rows are usual here


def test_a_row_with_too_many_cells_and_no_address_in_its_place() -> None:
    found = rows(HEADER + "C,c@x.com,Z\r\nRao, Asha,a@x.com,Z\r\nB,b@,Z\r\n")
    assert [row.problem for row in found] == ["", "unreadable_row", "invalid_email"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty_file"), (codecs.BOM_UTF8, "empty_file"), (b"\r\n \r\n,,,\r\n", "empty_file"),
        (HEADER.encode(), "empty_file"), (HEADER.encode("utf-16"), "empty_file"),
        ("\u200b\n".encode(), "empty_file"),
        (b"Name,Phone\nA,98\n", "no_email_column"),
        (b"Name,Notes\nA,see a@x.com for it\nB,-\n", "no_email_column"),
        (b"%PDF-1.7\n", "unsupported_format"), (b"\x89PNG\r\n\x1a\n", "unsupported_format"),
        (b"<!DOCTYPE html><table><tr><td>Email</td><td>a@x.com</td></table>", "unsupported_format"),
        (b'[{"email": "a@x.com"}]', "unsupported_format"),
        (b"BEGIN:VCARD\nEMAIL:a@x.com\n", "unsupported_format"),
        (b"PK\x03\x04" + b"junk" * 99, "unsupported_format"),
        (b"\x1f\x8b\x08" + bytes(99), "unsupported_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported_format"),
        (bytes(range(256)), "unsupported_format"),
    ],
)  # fmt: skip
def test_files_that_hold_no_leads_say_why(data: bytes, problem: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        opened(data)
    assert caught.value.problem == problem
    assert caught.value.hint


def test_a_workbook_cut_in_the_middle_is_refused() -> None:
    data = (LEADS / "40_leads_second_sheet_header_row4.xlsx").read_bytes()
    with pytest.raises(UnreadableFile) as caught:
        opened(data[: len(data) // 2])
    assert caught.value.problem == "unsupported_format"


def test_the_sheet_with_the_leads_is_found_whatever_the_name_of_the_file() -> None:
    with (LEADS / "40_leads_second_sheet_header_row4.xlsx").open("rb") as file:
        found = read_leads(file, name="leads.csv")
        assert (found.sheet, found.header[1]) == ("Data", "Contact Person")
        assert [row.line for row in found] == [6, 7, 8]


def test_rows_of_separators_are_padding_unless_as_wide_as_the_header() -> None:
    found = rows("Name,Email,Company,,\nA,a@x.com,Z,,\n,,,,\n\n \nB,b@x.com,Z,,\n")
    assert [(row.record, row.email) for row in found] == [(1, "a@x.com"), (2, "b@x.com")]
    assert rows(HEADER + ",,\n")[0].problem == "missing_email"
