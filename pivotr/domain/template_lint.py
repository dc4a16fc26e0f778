"""What is wrong, risky or worth knowing in a template, before anybody gets a mail from it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from pivotr.domain.html_texts import text_from_html
from pivotr.domain.spintax import Compiled, walk
from pivotr.domain.spintax_parser import Group, Slot, name_key, parse, position
from pivotr.domain.template_edges import awkward_edges
from pivotr.domain.template_words import links_in, subject_remarks, words_in
from pivotr.domain.templates import TemplateVersion

Severity: TypeAlias = Literal["error", "warning", "note"]

#: Gmail shows the first 102 KB of an HTML mail and hides the rest behind a link ("message clipped").
LARGEST_HTML = 102 * 1024
#: A personal mail is a screen or two; more than this is a newsletter. Ours, not a provider's limit.
LONGEST_TEXT = 10_000

_IMAGE = re.compile(r"<img\b", re.IGNORECASE)


class Finding(BaseModel):
    """One remark: `part` is subject, text or html; line and column from 1."""

    model_config = ConfigDict(frozen=True)

    severity: Severity
    code: str
    part: str
    sentence: str
    line: int = 1
    column: int = 1


class LintReport(BaseModel):
    """All findings and the figures of a template. Lengths are characters, variables counted as `{{Name}}`."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[Finding, ...] = ()
    #: Exact; a template of thousands of groups has a number of thousands of digits: print `variants_text`.
    variants: int = 0
    variants_text: str = "0"
    shortest: int = 0
    longest: int = 0
    variables: tuple[str, ...] = ()
    without_fallback: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What forbids to send."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What should be looked at before."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def passes(self, *, strict: bool = False) -> bool:
        """True without errors; when strict, without warnings too. Notes never fail."""
        bad = ("error", "warning") if strict else ("error",)
        return not any(finding.severity in bad for finding in self.findings)


def lint(
    template: TemplateVersion, variables: Collection[str], *, filter_words: Collection[str] = ()
) -> LintReport:
    """Look at every part; `variables` are the known names, `filter_words` what `filter_words_of` read."""
    written = {"subject": template.subject, "text": template.text, "html": template.html or ""}
    sources = {part: text.replace("\r\n", "\n") for part, text in written.items()}
    findings: list[Finding] = []
    compiled: dict[str, Compiled] = {}
    for part, text in sources.items():
        parsed = parse(text, variables)
        for fault in parsed.faults:
            sentence = fault.sentence[0].upper() + f"{fault.sentence} {fault.hint}".strip()[1:]
            findings.append(_at("error", "syntax", sentence, part=part, text=text, offset=fault.offset))
        if not parsed.faults:
            compiled[part] = Compiled(text, parsed.nodes, tuple(parsed.variables))
            findings += _grammar(part, compiled[part], variables)
    findings += _content(sources, compiled)
    for part, text in sources.items():
        seen = text_from_html(text) if part == "html" and filter_words else text
        for offset, word in words_in(text, filter_words, text=seen):
            sentence = f"Filters score “{word}”."
            findings.append(_at("warning", "filter-word", sentence, part=part, text=text, offset=offset))
    return _report(findings, compiled)


def filter_words_of(data: str) -> tuple[str, ...]:
    """The words of the data file: one a line, lower case, `#` begins a comment."""
    return tuple(line.strip() for line in data.splitlines() if line.strip() and not line.startswith("#"))


def _report(findings: list[Finding], compiled: dict[str, Compiled]) -> LintReport:
    parts = [compiled[part] for part in ("subject", "text", "html") if part in compiled]
    # Text and HTML draw from one seed, so that the text alone counts where there are both.
    has_text = "text" in compiled and compiled["text"].source.strip()
    body = compiled.get("text" if has_text else "html")
    variants = 1
    for part in (compiled.get("subject"), body):
        variants *= part.count() if part else 1
    return LintReport(
        findings=tuple(findings),
        variants=variants,
        variants_text=_number(variants),
        shortest=len(body.shortest()) if body else 0,
        longest=len(body.longest()) if body else 0,
        variables=tuple(dict.fromkeys(name for part in parts for name in part.variables)),
        without_fallback=tuple(dict.fromkeys(name for part in parts for name in part.without_fallback)),
    )


def _number(number: int) -> str:
    """The number in full while Python prints it (4,300 digits), else its size."""
    digits = int(number.bit_length() * 0.30103) + 1
    return f"{number:,}" if digits <= 4000 else f"about 10^{digits - 1}"


def _grammar(part: str, compiled: Compiled, variables: Collection[str]) -> Iterator[Finding]:
    """Remarks on groups and variables of a part without faults."""
    keys = {name_key(name) for name in variables}
    text = compiled.source
    seen: set[str] = set()
    for node in walk(compiled.nodes):
        if isinstance(node, Group):
            for code, sentence in _options(node, keys):
                yield _at("warning", code, sentence, part=part, text=text, offset=node.offset)
        elif isinstance(node, Slot) and node.fallback is None and node.name not in seen:
            seen.add(node.name)
            sentence = f"{node.name} has no fallback: a lead without it is skipped."
            yield _at("note", "no-fallback", sentence, part=part, text=text, offset=node.offset)
    for offset, sentence in awkward_edges(compiled.nodes):
        yield _at("warning", "edge", sentence, part=part, text=text, offset=offset)


def _options(group: Group, keys: Collection[str]) -> Iterator[tuple[str, str]]:
    """What looks wrong inside one group."""
    texts = [option for option in group.options if isinstance(option, str)]
    if group.options == ("",):
        yield "single-option", "This group is empty: nothing ever stands here."
    elif len(group.options) == 1:
        yield "single-option", "This group has one option only: its braces do nothing."
    elif any(not text.strip() for text in texts):
        yield "empty-option", "One option is empty: sometimes nothing stands here."
    bare = [" ".join(text.split()) for text in texts]
    if len(set(bare)) < len(bare):
        yield "same-options", "Two options are the same, or differ only in blanks."
    for text in bare:
        if text and name_key(text) in keys and len(group.options) > 1:
            yield (
                "variable-as-text",
                f"The option “{text}” is printed as this word: a variable has {{{{{text}}}}}.",
            )


def _content(sources: dict[str, str], compiled: dict[str, Compiled]) -> Iterator[Finding]:
    """Remarks on what a reader and a filter see."""
    subject = compiled.get("subject")
    if subject is not None:
        for offset, code, sentence in subject_remarks(subject.longest(), subject.source):
            yield _at("warning", code, sentence, part="subject", text=subject.source, offset=offset)
    for part in ("text", "html"):
        for offset, code, sentence in links_in(sources[part]):
            yield _at("warning", code, sentence, part=part, text=sources[part], offset=offset)
    if not sources["text"].strip() and not sources["html"].strip():
        sentence = "There is neither text nor HTML."
        yield Finding(severity="error", code="empty-body", part="text", sentence=sentence)
    used = {name_key(name) for part in compiled.values() for name in part.variables}
    if "unsubscribelink" not in used:
        sentence = (
            "The body has no {{UnsubscribeLink}}; the headers of the mail carry a way out all the same."
        )
        part = "text" if sources["text"].strip() else "html"
        end = len(sources[part].rstrip())
        yield _at("note", "no-way-out", sentence, part=part, text=sources[part], offset=end)
    yield from _sizes(sources)


def _sizes(sources: dict[str, str]) -> Iterator[Finding]:
    html, text = sources["html"], sources["text"]
    image = _IMAGE.search(html)
    if image and len(text_from_html(html).strip()) < 40:
        sentence = "The HTML is nearly all images: filters distrust it and many readers see nothing."
        yield _at("warning", "image-only", sentence, part="html", text=html, offset=image.start())
    data = html.encode(errors="replace")
    if len(data) > LARGEST_HTML:
        sentence = "The HTML is larger than 102 KB: Gmail cuts it off."
        cut = len(data[:LARGEST_HTML].decode(errors="ignore"))
        yield _at("warning", "size", sentence, part="html", text=html, offset=cut)
    if len(text) > LONGEST_TEXT:
        sentence = f"The text has {len(text):,} characters: too long for a personal mail."
        yield _at("warning", "size", sentence, part="text", text=text, offset=LONGEST_TEXT)


def _at(severity: Severity, code: str, sentence: str, *, part: str, text: str, offset: int) -> Finding:
    line, column = position(text, offset)
    return Finding(severity=severity, code=code, part=part, sentence=sentence, line=line, column=column)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then notes, each in the order of subject, text and HTML."""
    severities, parts = ("error", "warning", "note"), ("subject", "text", "html")
    return sorted(
        findings,
        key=lambda one: (severities.index(one.severity), parts.index(one.part), one.line, one.column),
    )
