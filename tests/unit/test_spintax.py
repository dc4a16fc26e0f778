"""Spintax: sample rows, dialects of public libraries, spread over an audience, depth, exact counts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pivotr.domain.chance import seeded
from pivotr.domain.spintax import MissingVariable, TemplateError, compile_text
from pivotr.errors import InvalidInput

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "spintax.jsonl").read_text("utf-8").splitlines()
]
#: What the test suites of public libraries state, in texts of our own; `differs`: what we mean otherwise.
LIBRARIES = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data" / "spintax-libraries.jsonl")
    .read_text("utf-8")
    .splitlines()
]
NAMES = ("FirstName", "FullName", "Company", "Email", "UnsubscribeLink", "Job Title")
LEAD = {"FirstName": "Asha", "FullName": "Asha Rao", "Company": "Acme", "Email": "asha@acme.example"}


def outcomes(template: str, values: dict[str, str] | None = None, rounds: int = 400) -> set[str]:
    compiled = compile_text(template, NAMES)
    return {compiled.render(values or {}, seeded("c", str(lead)))[0] for lead in range(rounds)}


@pytest.mark.parametrize("known", [NAMES, ()], ids=["with-built-in", "plain"])
@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_sample_row(row: dict, known: tuple[str, ...]) -> None:
    values = row.get("variables", {})
    try:
        compiled = compile_text(row["template"], tuple(values) or known)
    except InvalidInput:
        assert row.get("error") or row.get("error_ok")
        return
    assert not row.get("error")
    seen = {compiled.render(values, seeded("c", str(lead)))[0] for lead in range(2000)}
    if row.get("count", len(row["accept"])) == len(row["accept"]) <= 16:
        assert seen == set(row["accept"]) or row.get("optional") or row.get("error_ok")
    assert seen <= set(row["accept"])
    assert compiled.count() == row.get("count", compiled.count())


@pytest.mark.parametrize("known", [NAMES, ()], ids=["with-built-in", "plain"])
@pytest.mark.parametrize("row", LIBRARIES, ids=[f"{row['library']}: {row['behaviour']}" for row in LIBRARIES])
def test_behaviour_of_a_public_library(row: dict, known: tuple[str, ...]) -> None:
    if row.get("error"):
        with pytest.raises(TemplateError):
            compile_text(row["template"], known)
        return
    compiled = compile_text(row["template"], known)
    assert compiled.count() == row["count"]
    assert {compiled.render({}, seeded("c", str(lead)))[0] for lead in range(500)} == set(row["accept"])


def test_more_than_ten_libraries_are_heard() -> None:
    assert len({row["library"] for row in LIBRARIES}) > 10
    assert sum("differs" in row for row in LIBRARIES) < 10


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", {"plain"}),
        (r"\{ {a|b} } x", {"{ a } x", "{ b } x"}),
        (r"\{a\} \{b}", {"{a} {b}"}),
        (r"{x\{y}", {"x{y"}),
        ("{a}", {"a"}),
        ("{}", {""}),
        ("a{}b", {"ab"}),
        ("{a|b|c}", {"a", "b", "c"}),
        ("{a|{b|{c|d}}}", {"a", "b", "c", "d"}),
        ("{{a|b}|{c|d}}", {"a", "b", "c", "d"}),
        ("{{Hello|Hi}}", {"Hello", "Hi"}),
        ("{{{x|y}}}", {"x", "y"}),
        ("{{{x}}}", {"x"}),
        ("{{Good day|Hi}, you|Yo}", {"Good day, you", "Hi, you", "Yo"}),
        (r"\{a\|b\}", {"{a|b}"}),
        (r"{a\|b|c}", {"a|b", "c"}),
        (r"{a\}|\{b}", {"a}", "{b"}),
        (r"\\{a}", {"\\a"}),
        (r"\\\{a\}", {"\\{a}"}),
        (r"C:\dir\n", {r"C:\dir\n"}),
        ("end\\", {"end\\"}),
        (r"\{\{FirstName\}\}", {"{{FirstName}}"}),
        ("a | b", {"a | b"}),
        ("{ a | b }", {" a ", " b "}),
        ("{one\ntwo|three}", {"one\ntwo", "three"}),
        ("{1|2}{3|4}", {"13", "14", "23", "24"}),
        ("[a|b] (c) %d {0}", {"[a|b] (c) %d 0"}),
        ("{नमस्ते|வணக்கம்} 🎉", {"नमस्ते 🎉", "வணக்கம் 🎉"}),
        (
            "<style>p{margin:0} a{b|c}</style>{A|B}",
            {f"<style>p{{margin:0}} a{{b|c}}</style>{x}" for x in "AB"},
        ),
        ("{{Email|Message}|{Mail}}", {"Email", "Message", "Mail"}),
    ],
)
def test_dialects(template: str, expected: set[str]) -> None:
    assert outcomes(template) == expected


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hi {{FirstName}}!", "Hi Asha!"),
        ("{{firstname}} {{FIRST_NAME}} {{ First Name }}", "Asha Asha Asha"),
        ("{{{FirstName}}}", "Asha"),
        ("{{{FirstName}}|{{FirstName}}}", "Asha"),
        ("{x{{Company}}y}", "xAcmey"),
        ("{{FirstName|there}}", "Asha"),
        ("{{JobTitle|colleague}}", "colleague"),
        ("{{Job Title|}}.", "."),
        ("{{JobTitle|{{Company}} people}}", "Acme people"),
        (r"{{JobTitle|a\}b}}", "a}b"),
        ("{{JobTitle|{a|a}}}", "a"),
    ],
)
def test_variables(template: str, text: str) -> None:
    assert compile_text(template, NAMES).render(LEAD, 7)[0] == text


def test_several_fallbacks_are_spun() -> None:
    assert outcomes("Hi {{FirstName|there|friend}}") == {"Hi there", "Hi friend"}
    assert outcomes("Hi {{FirstName|there|friend}}", LEAD) == {"Hi Asha"}


@pytest.mark.parametrize("value", ["{a|b}", "R|K Labs", "{{Company}}", "\\{", "}", "{", "$1 \\1 %s"])
def test_a_value_is_never_spun(value: str) -> None:
    for template in ("{{Company}}", "{{{Company}}|{{Company}}}", "{{Job Title|{{Company}}}}"):
        assert compile_text(template, NAMES).render({"Company": value}, 3)[0] == value


@pytest.mark.parametrize(
    ("template", "line", "column", "part_of_sentence"),
    [
        ("{a|b", 1, 1, "never closed"),
        ("a}", 1, 2, "closes nothing"),
        ("ok\nok {a|{b|c}", 2, 4, "never closed"),
        ("{{FirstName}", 1, 1, "never closed"),
        ("{{FirstName}}}", 1, 14, "closes nothing"),
        (r"\{a}}", 1, 5, "closes nothing"),
        (r"\{a\}}", 1, 6, "closes nothing"),
        (r"{a|\{b}}", 1, 8, "closes nothing"),
        ("Hi\n  {{Unknown}}", 2, 3, "no variable Unknown"),
        ("{{FristName|there}}", 1, 1, "no variable FristName"),
        ("{{LastSeenOn|x}}", 1, 1, "no variable LastSeenOn"),
        ("{{name|there}}", 1, 1, "no variable name"),
        ("{{Job Titel}}", 1, 1, "no variable Job Titel"),
    ],
)
def test_errors_name_the_place(template: str, line: int, column: int, part_of_sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_text(template, NAMES)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert part_of_sentence in caught.value.sentence
    assert f"line {line}, column {column}" in caught.value.sentence.lower()


def test_a_typo_gets_a_suggestion() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_text("Hi {{FristName}}", NAMES)
    assert "Did you mean FirstName?" in caught.value.hint


@pytest.mark.parametrize("values", [{}, {"FirstName": ""}, {"FirstName": " \t"}])
@pytest.mark.parametrize(
    "template", ["{{FirstName}}", "Hi {{FirstName}}, {a|b} {c|d}", "{x {{FirstName}}|y {{FirstName}}}"]
)
def test_a_missing_value_is_named(template: str, values: dict[str, str]) -> None:
    with pytest.raises(MissingVariable) as caught:
        compile_text(template, NAMES).render(values, 1)
    assert caught.value.variable == "FirstName"


def test_a_value_is_needed_only_where_the_chosen_text_has_it() -> None:
    compiled = compile_text("{Hi {{FirstName}}|Hello}", NAMES)
    served = []
    for seed in range(200):
        try:
            served.append(compiled.render({}, seed)[0])
        except MissingVariable:
            continue
    assert set(served) == {"Hello"}
    assert 50 < len(served) < 150
    assert compiled.without_fallback == ("FirstName",)


@pytest.mark.parametrize("levels", [100, 10_000])
def test_depth_has_no_limit(levels: int) -> None:
    nested = compile_text("{a|" * levels + "x" + "}" * levels, NAMES)
    assert nested.count() == levels + 1
    assert nested.render({}, 5)[0] in ("a", "x")
    assert (nested.shortest(), nested.longest()) == ("a", "a")
    bare = compile_text("{" * levels + "x" + "}" * levels, NAMES)
    assert bare.render({}, 5) == ("x", "")
    with pytest.raises(TemplateError):
        compile_text("{" * levels, NAMES)
    with pytest.raises(TemplateError):
        compile_text("}" * levels, NAMES)


def test_counts_are_exact() -> None:
    assert compile_text("{a|b|c}" * 100).count() == 3**100
    assert compile_text("{a|{b|c}{d|e}|f}{g|h}").count() == (1 + 4 + 1) * 2
    assert compile_text("").count() == 1


def test_shortest_and_longest() -> None:
    compiled = compile_text("{Hi|Good {morning|day}} {{FirstName|you}}", NAMES)
    assert compiled.shortest({"FirstName": "Jo"}) == "Hi Jo"
    assert compiled.longest({"FirstName": "Jo"}) == "Good morning Jo"
    assert compiled.longest() == "Good morning {{FirstName}}"


#: Upper 0.1 % points of the chi-square distribution by degrees of freedom.
CHI_SQUARE = {1: 10.83, 2: 13.82, 3: 16.27, 5: 20.52, 69: 111.06}


@pytest.mark.parametrize(
    "template", ["{a|b} {a|b|c} {a|b|c|d}", "{a|b} {a|b|c} {a|b|c|d}{x|{y|z}}"], ids=["flat", "deep"]
)
def test_options_are_spread_evenly_and_independently(template: str) -> None:
    compiled = compile_text(template, NAMES)
    paths = [compiled.render({}, seeded("c1", f"l{n}", "1", "spintax"))[1].split(".") for n in range(12_000)]
    for group, size in enumerate((2, 3, 4)):
        assert _chi_square(Counter(path[group] for path in paths), size) < CHI_SQUARE[size - 1]
    pairs = Counter((path[0], path[1]) for path in paths)
    assert _chi_square(pairs, 6) < CHI_SQUARE[5]


def test_a_large_group_is_spread_evenly() -> None:
    compiled = compile_text("{" + "|".join(map(str, range(70))) + "}")
    drawn = Counter(compiled.render({}, seeded("c1", str(n)))[0] for n in range(14_000))
    assert _chi_square(drawn, 70) < CHI_SQUARE[69]


def _chi_square(drawn: Counter, size: int) -> float:
    expected = drawn.total() / size
    return sum((count - expected) ** 2 / expected for count in drawn.values()) + expected * (
        size - len(drawn)
    )


def test_the_variant_names_the_choices() -> None:
    compiled = compile_text("{a|b}-{c|{d|e}}", NAMES)
    expected = {"0.0": "a-c", "1.0": "b-c", "0.1.0": "a-d", "0.1.1": "a-e", "1.1.0": "b-d", "1.1.1": "b-e"}
    seen = {variant: text for text, variant in (compiled.render({}, seed) for seed in range(300))}
    assert seen == expected


def test_a_long_variant_stays_short() -> None:
    compiled = compile_text("{a|b}" * 200)
    variants = {compiled.render({}, seed)[1] for seed in range(50)}
    assert len(variants) == 50
    assert max(map(len, variants)) <= 80


def test_the_choices_of_a_seed_never_change() -> None:
    compiled = compile_text("{a|b|c}{a|b|c}{a|b|c}{a|b|c}{a|b|c}{a|b|c}{a|b|c}{a|b|c}")
    assert [compiled.render({}, seed)[0] for seed in (0, 1, 2**64 - 1)] == GOLDEN_CHOICES


GOLDEN_CHOICES = ["acbbbcaa", "aabcacbb", "bccbcbaa"]

_text = st.text(alphabet="abc xyz{}|\\\n", max_size=60)


@settings(max_examples=300)
@given(template=_text, seed=st.integers(0, 2**64 - 1))
def test_any_text_is_refused_or_rendered(template: str, seed: int) -> None:
    try:
        compiled = compile_text(template, NAMES)
    except TemplateError:
        return
    text, variant = compiled.render(LEAD, seed)
    assert (text, variant) == compile_text(template, NAMES).render(LEAD, seed)
    assert len(compiled.shortest()) <= len(text) <= len(compiled.longest())


@given(text=st.text(max_size=80))
def test_escaped_text_comes_out_as_it_was(text: str) -> None:
    escaped = "".join(f"\\{character}" if character in "{}|\\" else character for character in text)
    assert compile_text(f"{{{escaped}}}", NAMES).render({}, 0)[0] == text


@given(value=st.text(min_size=1).filter(lambda value: not value.isspace()), seed=st.integers(0, 2**64 - 1))
def test_any_value_goes_in_as_it_is(value: str, seed: int) -> None:
    assert compile_text("{<|[}{{Company}}", NAMES).render({"Company": value}, seed)[0][1:] == value


@given(seed=st.integers(0, 2**64 - 1))
def test_flat_and_nested_forms_choose_alike(seed: int) -> None:
    flat = "{a|b} {{FirstName}} {c|d|e}{f}{g|h}"
    nested = "{a|b} {{FirstName}} {c|d|e}{f}{g|{h}}"
    assert compile_text(flat, NAMES).render(LEAD, seed) == compile_text(nested, NAMES).render(LEAD, seed)
