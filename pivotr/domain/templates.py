"""A template: subject and body in immutable versions, and what one lead gets from it (promise P9)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.chance import seeded
from pivotr.domain.html_texts import text_from_html
from pivotr.domain.leads import Lead
from pivotr.domain.spintax import Compiled, MissingVariable, TemplateError, compile_text
from pivotr.domain.spintax_parser import name_key
from pivotr.domain.texts import body_text, many_lines, one_line
from pivotr.errors import InvalidInput

__all__ = [
    "BUILT_IN_VARIABLES",
    "CompiledTemplate",
    "MissingVariable",
    "Rendered",
    "TemplateVersion",
    "compile_template",
    "escaped",
    "known_variables",
    "render",
    "variables_for",
    "version_key",
]

#: Variables that every template may use, whatever the columns of an import; the second half is the sender's.
BUILT_IN_VARIABLES = (
    "FirstName",
    "FullName",
    "Company",
    "Email",
    "Domain",
    "SenderName",
    "SenderFirstName",
    "SenderEmail",
    "Signature",
    "PostalAddress",
    "UnsubscribeLink",
)


class TemplateVersion(BaseModel):
    """One stored version, never changed: editing makes the next. `text` may be empty where HTML is given."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = Field(ge=1, le=999_999)
    subject: str
    text: str = ""
    html: str | None = None
    created_at: str = ""
    actor: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one lead gets: subject in one line, text, HTML if any, and the name of the chosen options."""

    subject: str
    text: str
    html: str | None
    variant: str


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A version that was parsed once; keep it for all leads of a campaign."""

    version: TemplateVersion
    subject: Compiled
    text: Compiled | None
    html: Compiled | None

    @property
    def parts(self) -> tuple[Compiled, ...]:
        """Subject, text and HTML, as far as they exist."""
        return tuple(part for part in (self.subject, self.text, self.html) if part is not None)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables in use, as they were declared."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.variables))

    @property
    def without_fallback(self) -> tuple[str, ...]:
        """Names of the variables that a lead may need to have."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.without_fallback))

    def missing(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Names that stand somewhere without a fallback and have no value: rendering may fail on them."""
        given = {name_key(name) for name, value in values.items() if value.strip()}
        return tuple(name for name in self.without_fallback if name_key(name) not in given)

    def render(self, values: Mapping[str, str], *, campaign: str, lead: str, step: int) -> Rendered:
        """The mail's texts for one lead, always the same for the same arguments. Raises MissingVariable.

        Text and HTML share a seed: where their groups are alike, both parts of a mail say the same.
        """
        seed = seeded(campaign, lead, str(step), "spintax")
        subject, subject_variant = self.subject.render(values, seeded(campaign, lead, str(step), "subject"))
        variants = [subject_variant]
        text, markup = "", None
        if self.text is not None:
            text, variant = self.text.render(values, seed)
            variants.append(variant)
        if self.html is not None:
            markup, variant = self.html.render(escaped(values), seed)
            if variant not in variants[1:]:
                variants.append(variant)
        if self.text is None:
            text = text_from_html(markup or "")
        return Rendered(
            subject=one_line(subject),
            text=body_text(text),
            html=None if markup is None else body_text(markup),
            variant="/".join(variants),
        )


def version_key(version: int) -> str:
    """The sort key of a stored version: `000001`, so that text order is the order of numbers."""
    return f"{version:06d}"


def known_variables(fields: Iterable[str] = ()) -> tuple[str, ...]:
    """Built-in names, then the custom fields that none of them hides (case, blanks, `_-.` ignored)."""
    known = {name_key(name): name for name in BUILT_IN_VARIABLES}
    for name in fields:
        if name_key(name):
            known.setdefault(name_key(name), name)
    return tuple(known.values())


def variables_for(
    lead: Lead,
    *,
    sender_name: str = "",
    sender_email: str = "",
    signature: str = "",
    postal_address: str = "",
    unsubscribe_link: str = "",
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """All values for one lead by name: its custom fields, the built-in ones, and on top of them `extra`.

    Values of a lead become single lines without control characters; signature and postal address keep theirs.
    """
    built_in = {
        "FirstName": one_line(lead.first_name),
        "FullName": one_line(lead.full_name),
        "Company": one_line(lead.company),
        "Email": one_line(lead.email),
        "Domain": one_line(lead.domain),
        "SenderName": one_line(sender_name),
        "SenderFirstName": one_line(sender_name).partition(" ")[0],
        "SenderEmail": one_line(sender_email),
        "Signature": many_lines(signature),
        "PostalAddress": many_lines(postal_address),
        "UnsubscribeLink": one_line(unsubscribe_link),
    }
    given = {name_key(name): name for name in built_in}
    values = dict(built_in)
    for name, value in lead.fields.items():
        if name_key(name) not in given:
            values[name] = one_line(value)
            given[name_key(name)] = name
    for name, value in (extra or {}).items():
        values[given.get(name_key(name), name)] = many_lines(value)
    return values


def escaped(values: Mapping[str, str]) -> dict[str, str]:
    """The values as they may stand in HTML, in text and in quoted attributes; line ends become `<br>`."""
    return {name: html.escape(value).replace("\n", "<br>\n") for name, value in values.items()}


def compile_template(template: TemplateVersion, fields: Iterable[str] = ()) -> CompiledTemplate:
    """Parse all parts; `fields` are the names of the leads' custom fields.

    Raises TemplateError (an InvalidInput) that names the part, the line and the column.
    """
    if not template.text.strip() and not (template.html or "").strip():
        raise InvalidInput(
            f"Template {template.id} has neither text nor HTML.",
            hint="Give it a body: --body-file intro.txt",
        )
    known = known_variables(fields)
    return CompiledTemplate(
        version=template,
        subject=_part("Subject", template.subject, known),
        text=_part("Text", template.text, known) if template.text.strip() else None,
        html=_part("HTML", template.html, known) if template.html else None,
    )


def render(
    template: TemplateVersion | CompiledTemplate,
    values: Mapping[str, str],
    *,
    campaign: str,
    lead: str,
    step: int,
) -> Rendered:
    """As `CompiledTemplate.render`; a plain version is compiled first, all names in `values` being known."""
    compiled = template if isinstance(template, CompiledTemplate) else compile_template(template, values)
    return compiled.render(values, campaign=campaign, lead=lead, step=step)


def _part(name: str, source: str, known: tuple[str, ...]) -> Compiled:
    try:
        return compile_text(source.replace("\r\n", "\n"), known)
    except TemplateError as error:
        raise error.of_part(name) from None
