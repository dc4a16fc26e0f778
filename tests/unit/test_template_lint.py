"""Lint of templates: what an operator is told before anybody gets a mail."""

from __future__ import annotations

from importlib.resources import files

import pytest

from pivotr.domain.template_lint import LintReport, filter_words_of, lint, worst_first
from pivotr.domain.templates import TemplateVersion, known_variables

WORDS = filter_words_of(files("pivotr").joinpath("data/filter_words.txt").read_text("utf-8"))


def report(
    text: str = "Hello\n{{UnsubscribeLink}}", subject: str = "A question", html: str | None = None
) -> LintReport:
    version = TemplateVersion(id="t", version=1, subject=subject, text=text, html=html)
    return lint(version, known_variables(["Job Title"]), filter_words=WORDS)


def codes(found: LintReport) -> set[str]:
    return {finding.code for finding in found.findings}


def test_a_clean_template_has_notes_only() -> None:
    found = report("{Hi|Hello} {{FirstName|there}}, a question.\n{{UnsubscribeLink}}")
    assert found.passes(strict=True)
    assert codes(found) == {"no-fallback"}
    assert (found.variants, found.variants_text) == (2, "2")
    assert found.longest - found.shortest == 3
    assert found.variables == ("FirstName", "UnsubscribeLink")
    assert found.without_fallback == ("UnsubscribeLink",)


def test_all_errors_are_listed_with_line_and_column() -> None:
    found = report("a}\n{{FristName}} {b", subject="{{Compnay}}")
    places = [(finding.part, finding.line, finding.column) for finding in found.errors]
    assert places == [("subject", 1, 1), ("text", 1, 2), ("text", 2, 1), ("text", 2, 15)]
    assert "Did you mean FirstName?" in found.errors[2].sentence
    assert not found.passes()


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("Hi {there|}", "empty-option", 4),
        ("Hi {}", "single-option", 4),
        ("Hi {there}", "single-option", 4),
        ("Hi {you|you }.", "same-options", 4),
        ("{Email|Message} me", "variable-as-text", 1),
        ("{{Email|Message}|Mail} me", "variable-as-text", 2),
        ("see the {the big|small} one", "edge", 9),
        ("see {the|a} the house", "edge", 5),
        ("see { big|small} one", "edge", 5),
        ("see {big |small} one", "edge", 5),
        ("see {big|} one", "edge", 5),
        ("see {a |b }{ c|d}", "edge", 5),
        ("see {big|small} {big|new} ones", "edge", 5),
        ("so click here now", "filter-word", 4),
        ("{x|see { big|small}}", "edge", 8),
        ("see http://acme.example", "http-link", 5),
        ("see https://bit.ly/abc", "short-link", 5),
        ("see bit.ly/abc", "short-link", 5),
    ],
)
def test_a_warning_names_its_place(text: str, code: str, column: int) -> None:
    found = report(f"First line.\n{text}\n{{{{UnsubscribeLink}}}}")
    places = [(finding.line, finding.column) for finding in found.findings if finding.code == code]
    assert places[0] == (2, column)
    assert found.passes()
    assert not found.passes(strict=True)


@pytest.mark.parametrize(
    "text",
    [
        "see {the|a} house",
        "see {big, |}one",
        "{one.|two.}\n{Three|Four}",
        "that {theory|thesis} holds",
        "see{ big| small}",
        "https://acme.example/bit.ly/x and a.b/c",
    ],
)
def test_what_is_fine_is_not_an_edge(text: str) -> None:
    assert not codes(report(text)) & {"edge", "short-link", "http-link"}


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("", "no-subject"),
        ("x" * 71, "long-subject"),
        ("Re: our talk", "fake-reply"),
        ("GREAT NEWS", "shouting"),
        ("Hello!!", "shouting"),
        ("Act now", "filter-word"),
    ],
)
def test_subjects(subject: str, code: str) -> None:
    assert code in codes(report(subject=subject))


def test_a_short_subject_is_measured_at_its_longest() -> None:
    assert "long-subject" in codes(report(subject="{a|" + "b" * 80 + "}"))
    assert not codes(report(subject="A word about {{Company|your team}}")) - {"no-fallback"}


def test_filter_words_are_whole_words() -> None:
    assert "filter-word" in codes(report("CLICK\nHERE please"))
    assert "filter-word" not in codes(report("the insurgently cheaper unguaranteed winners"))


def test_way_out_images_and_size() -> None:
    assert "no-way-out" in codes(report("Hello"))
    assert "no-way-out" not in codes(report("Hello", html="<a href='{{unsubscribe_link}}'>stop</a>"))
    assert "image-only" in codes(report("Hello", html='<img src="https://a.example/x.png" alt="">'))
    assert "size" in codes(report("Hello", html="<p>" + "x" * 110_000))
    assert "size" in codes(report("x" * 10_001))
    assert "empty-body" in {finding.code for finding in report("").errors}


def test_the_number_of_variants_is_exact_and_printable() -> None:
    assert report("{a|b|c}" * 60).variants == 3**60
    assert report("{a|b|c}", subject="{d|e}", html="{a|b|c}").variants == 6
    huge = report("{a|b}" * 20_000)
    assert huge.variants == 2**20_000
    assert huge.variants_text == "about 10^6020"


def test_errors_come_first() -> None:
    found = worst_first(report("{{FirstName}} {a|}", subject="x}").findings)
    assert [finding.severity for finding in found] == ["error", "warning", "note", "note"]


def test_findings_of_a_kind_stand_in_the_order_of_the_mail() -> None:
    text = "http://a.example\n{b}\nact now {c}\n{d |e } f"
    found = worst_first(report(text, subject="Re: Act now!!", html='<img src="http://a.example">').findings)
    places = [(one.part, one.line, one.column) for one in found if one.severity == "warning"]
    parts = ("subject", "text", "html")
    assert places == sorted(places, key=lambda place: (parts.index(place[0]), *place[1:]))
    assert {part for part, *_ in places} == set(parts)


@pytest.mark.parametrize(
    ("part", "code", "line", "column"),
    [
        ("subject", "long-subject", 1, 1),
        ("subject", "shouting", 1, 3),
        ("subject", "filter-word", 1, 7),
        ("text", "size", 2, 10_001 - len("Act\n")),
        ("html", "filter-word", 2, 4),
        ("html", "image-only", 1, 1),
        ("html", "size", 1, 26_115),
    ],
)
def test_what_concerns_a_part_as_a_whole_has_a_place_too(
    part: str, code: str, line: int, column: int
) -> None:
    (found,) = (
        one
        for html in ("<img src='https://a.example/a.png'>\n<p>Act <b>now</b>", "<p>" + "😀" * 30_000)
        for one in report("Act\n" + "x" * 10_000, subject="Hi!!! Act now " + "x" * 60, html=html).findings
        if (one.part, one.code) == (part, code) and (part == "html" or html.startswith("<img"))
    )
    assert (found.line, found.column) == (line, column)


@pytest.mark.slow
def test_depth_does_not_matter() -> None:
    assert report("{a|" * 10_000 + "x" + "}" * 10_000).variants == 10_001


def test_what_a_mailbox_lacks_keeps_a_campaign_from_starting_and_skips_nobody() -> None:
    found = {one.sentence for one in report("Hi {{Company}},\n{{SenderName}}\n{{PostalAddress}}").findings}
    assert {sentence for sentence in found if "no fallback" in sentence} == {
        "Company has no fallback: a lead without it is skipped.",
        "SenderName has no fallback: a campaign that lacks it cannot start.",
        "PostalAddress has no fallback: a campaign that lacks it cannot start.",
    }
