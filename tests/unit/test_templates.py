"""Templates: variables of a lead, the texts of a mail, HTML and its plain text, missing values."""

from __future__ import annotations

import json

import pytest

from pivotr.domain.leads import Lead
from pivotr.domain.outgoing import html_with_footer
from pivotr.domain.spintax import TemplateError
from pivotr.domain.templates import (
    BUILT_IN_VARIABLES,
    MissingVariable,
    TemplateVersion,
    compile_template,
    known_variables,
    render,
    variables_for,
    version_key,
)
from pivotr.errors import InvalidInput

LEAD = Lead(
    id="l1",
    email="asha@acme.example",
    domain="acme.example",
    full_name="Asha Rao",
    first_name="Asha",
    company="Rao & Sons <Pvt>",
    fields={"Job Title": "Head of {Sales|Growth}", "company": "hidden by the built-in one", " ": "nameless"},
)
VALUES = variables_for(
    LEAD,
    sender_name="Ravi Menon",
    sender_email="ravi@pivot.example",
    signature="Ravi Menon\r\nPivot Labs",
    postal_address="12 MG Road\nKochi",
    unsubscribe_link="https://u.example/u/t?a=1&b=2",
)


def template(text: str = "", *, subject: str = "A question", html: str | None = None) -> TemplateVersion:
    return TemplateVersion(id="intro", version=1, subject=subject, text=text, html=html)


def body(source: str, **extra: str) -> str:
    return render(template(source), {**VALUES, **extra}, campaign="c1", lead="l1", step=1).text


def test_built_in_and_custom_variables() -> None:
    assert set(BUILT_IN_VARIABLES) <= set(VALUES)
    names = "{{JobTitle}} / {{job_title}} / {{Job Title}}"
    source = f"{{{{FirstName}}}} {{{{FULLNAME}}}}, {names}, {{{{Company}}}}, {{{{SenderFirstName}}}}"
    assert body(source) == (
        "Asha Asha Rao, Head of {Sales|Growth} / Head of {Sales|Growth} / Head of {Sales|Growth},"
        " Rao & Sons <Pvt>, Ravi"
    )
    assert body("{{Signature}}\n--\n{{PostalAddress}}") == "Ravi Menon\nPivot Labs\n--\n12 MG Road\nKochi"


def test_names_of_custom_fields_that_a_built_in_one_hides() -> None:
    assert known_variables(["Job Title", "first name", "JOB-TITLE", " "]) == (
        *BUILT_IN_VARIABLES,
        "Job Title",
    )


def test_extra_values_win() -> None:
    values = variables_for(LEAD, extra={"firstname": "Anu", "Offer": "tea"})
    assert (
        render(template("{{FirstName}} {{offer}}"), values, campaign="c", lead="l", step=1).text == "Anu tea"
    )


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Asha\r\nBcc: all@x.example", "Asha Bcc: all@x.example"),
        ("As\x00ha\t Rao", "As ha Rao"),
        ("\u202eahsA\u202c", "ahsA"),
        ("क्\u200dष", "क्\u200dष"),
        ("half \ud83d", "half \ufffd"),
        ("line\u2028end", "line end"),
    ],
)
def test_a_value_of_a_lead_is_one_clean_line(raw: str, clean: str) -> None:
    assert variables_for(LEAD.model_copy(update={"first_name": raw}))["FirstName"] == clean


def test_html_values_are_escaped_and_text_is_derived() -> None:
    rendered = render(
        template(
            html="<style>p{margin:0}</style><p>Hi {{FirstName}} of {{Company}},</p><ul><li>one<li>two</ul>"
            '<p><a href="{{UnsubscribeLink}}">No more mails</a><br>{{PostalAddress}}</p>'
        ),
        VALUES,
        campaign="c1",
        lead="l1",
        step=1,
    )
    assert rendered.html is not None
    assert "<style>p{margin:0}</style>" in rendered.html
    assert "Rao &amp; Sons &lt;Pvt&gt;" in rendered.html
    assert 'href="https://u.example/u/t?a=1&amp;b=2"' in rendered.html
    assert "12 MG Road<br>\nKochi" in rendered.html
    assert rendered.text == (
        "Hi Asha of Rao & Sons <Pvt>,\n\n- one\n- two\n\n"
        "No more mails (https://u.example/u/t?a=1&b=2)\n12 MG Road\nKochi\n"
    )


def test_text_and_html_say_the_same() -> None:
    both = compile_template(
        template("{Hi|Hello|Dear} {you|friend}", html="<p>{Hi|Hello|Dear} {you|friend}</p>")
    )
    for lead in range(50):
        rendered = both.render(VALUES, campaign="c1", lead=str(lead), step=1)
        assert rendered.html == f"<p>{rendered.text}</p>"


def test_the_same_lead_gets_the_same_mail_and_others_another() -> None:
    compiled = compile_template(template("{a|b}{c|d}{e|f}{g|h}", subject="{A|B}"))
    first = [compiled.render(VALUES, campaign="c1", lead=f"l{n}", step=1) for n in range(400)]
    again = [render(compiled.version, VALUES, campaign="c1", lead=f"l{n}", step=1) for n in range(400)]
    assert first == again
    assert len({rendered.variant for rendered in first}) == 32
    steps = {compiled.render(VALUES, campaign="c1", lead="l1", step=step).variant for step in range(1, 30)}
    assert len(steps) > 10


def test_subject_and_text_do_not_choose_together() -> None:
    compiled = compile_template(template("{a|b}", subject="{A|B}"))
    pairs = {
        (r.subject, r.text)
        for r in (compiled.render({}, campaign="c", lead=str(n), step=1) for n in range(40))
    }
    assert pairs == {("A", "a"), ("A", "b"), ("B", "a"), ("B", "b")}


def test_the_preview_line_of_a_rendered_mail() -> None:
    rendered = render(
        template("Hi {{FirstName}}", subject="For\n{{Company}} "), VALUES, campaign="c", lead="l", step=1
    )
    line = json.dumps({"subject": rendered.subject, "text": rendered.text, "variant": rendered.variant})
    assert json.loads(line) == {"subject": "For Rao & Sons <Pvt>", "text": "Hi Asha", "variant": "/"}


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_missing_value_stops_the_mail(part: str) -> None:
    parts = {"subject": "S", "text": "T", "html": "<p>H</p>"} | {part: "Hi {{FirstName}}"}
    values = VALUES | {"FirstName": " "}
    compiled = compile_template(TemplateVersion(id="t", version=1, **parts))
    with pytest.raises(MissingVariable) as caught:
        compiled.render(values, campaign="c", lead="l", step=1)
    assert caught.value.variable == "FirstName"
    assert isinstance(caught.value, InvalidInput)
    assert compiled.missing(values) == ("FirstName",)
    assert compiled.missing(VALUES) == ()


def test_errors_name_the_part() -> None:
    with pytest.raises(TemplateError, match=r"^HTML, line 2, column 1: there is no variable Compnay\."):
        compile_template(template("fine", html="<p>\n{{Compnay}}</p>"))
    with pytest.raises(InvalidInput, match="neither text nor HTML"):
        compile_template(template(" "))


def test_version_keys_sort_as_numbers() -> None:
    assert version_key(1) == "000001"
    assert sorted(map(version_key, (10, 9, 100))) == ["000009", "000010", "000100"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Hi</p>", "<p>Hi</p>\n<p>Rao &amp; Co<br>\nPune</p>\n"),
        (
            "<html><body><p>Hi</p>\n</BODY></html>",
            "<html><body><p>Hi</p>\n<p>Rao &amp; Co<br>\nPune</p>\n</BODY></html>",
        ),
        ("<p>Rao &amp; Co\nPune</p>", "<p>Rao &amp; Co\nPune</p>"),
    ],
)
def test_the_postal_address_stands_under_the_html_too(markup: str, expected: str) -> None:
    assert html_with_footer(markup, "Rao & Co\nPune") == expected
    assert html_with_footer(markup, "") == markup
