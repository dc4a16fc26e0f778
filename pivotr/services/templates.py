"""Templates: create, edit into a new version, compare, lint, preview."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from importlib.resources import files

from pivotr.domain.campaigns import check_name
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Lead
from pivotr.domain.spintax import MissingVariable, compile_text
from pivotr.domain.template_lint import LintReport, filter_words_of, lint
from pivotr.domain.templates import (
    CompiledTemplate,
    Rendered,
    TemplateVersion,
    compile_template,
    known_variables,
    variables_for,
)
from pivotr.domain.texts import did_you_mean
from pivotr.errors import Changed, Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Table
from pivotr.storage.recent import Recent
from pivotr.storage.settings import SettingsStore
from pivotr.storage.templates import Templates as Store

#: Largest subject and body in characters: far beyond any mail.
_SUBJECT_LIMIT = 2_000
_BODY_LIMIT = 90_000
#: Largest version in bytes: a stored item takes 400 KB, and a letter of an Indian script takes three.
_BYTES_LIMIT = 380_000
#: What stands in a preview for a variable of which no value is given.
_SAMPLES = {
    "FirstName": "Asha",
    "FullName": "Asha Rao",
    "Company": "Rao Foods",
    "Email": "asha@rao.example.com",
    "Domain": "rao.example.com",
    "SenderName": "Sam Sender",
    "SenderFirstName": "Sam",
    "SenderEmail": "sam@acme.example",
    "Signature": "Sam Sender\nAcme",
    "PostalAddress": "Acme, 1 High Street",
    "UnsubscribeLink": "https://acme.example/u/sample",
}


def _check_subject(subject: str) -> None:
    if any(ord(sign) < 32 for sign in subject.strip()):
        raise InvalidInput(
            "The subject holds a line break or another control character.", hint="Write it in one line."
        )


class Templates:
    """Versions are immutable: a campaign that runs keeps the one it was started with."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._store = Store(table)

    def create(
        self, name: str, subject: str, text: str, *, html: str | None = None, actor: str = ""
    ) -> TemplateVersion:
        """Version 1 of a new template. Raises InvalidInput with line and column, Conflict where it exists."""
        checked = check_name("template", name)
        _check_subject(subject)
        if self._store.newest(checked):
            raise _exists(checked)
        return self._write(self._version(checked, 1, (subject, text, html), actor=actor))

    def edit(
        self,
        name: str,
        *,
        subject: str | None = None,
        text: str | None = None,
        html: str | None = None,
        note: str = "",
        actor: str = "",
        base: int = 0,
    ) -> TemplateVersion:
        """The next version; what is None stays as it is. Nothing new makes no version.

        `base` is the version that the editor has seen, 0 the newest. Raises NotFound, InvalidInput, Changed
        where somebody else has made another version since.
        """
        _check_subject(subject or "")
        old = self.get(name)
        if base and old.version != base:
            raise _changed(old)
        new = (
            old.subject if subject is None else subject,
            old.text if text is None else text,
            old.html if html is None else html or None,
        )
        if new == (old.subject, old.text, old.html):
            return old
        return self._write(self._version(old.id, old.version + 1, new, actor=actor, note=note))

    def all(self) -> list[TemplateVersion]:
        """The newest version of each template, by name."""
        return self._store.all()

    def get(self, name: str, version: int = 0) -> TemplateVersion:
        """One version, 0 being the newest. Raises NotFound."""
        key = name.strip().lower()
        newest = self._store.newest(key) if key else None
        if newest is None:
            near = did_you_mean(name, (one.id for one in self._store.all()))
            raise NotFound(f"There is no template “{name}”.{near}", hint="See all with: pivotr template list")
        if version in (0, newest.version):
            return newest
        found = self._store.get(key, version) if 0 < version < newest.version else None
        if found is None:
            raise NotFound(
                f"Template “{key}” has no version {version}.",
                hint=f"See its versions with: pivotr template show {key}",
            )
        return found

    def versions(self, name: str) -> list[TemplateVersion]:
        """Every version, oldest first. Raises NotFound."""
        return self._store.versions(self.get(name).id)

    def diff(self, name: str, old: int = 0, new: int = 0) -> list[str]:
        """The lines in which two versions differ, in unified form; by default the last two.

        Raises NotFound, InvalidInput where there is one version only.
        """
        after = self.get(name, new)
        if not old and after.version == 1:
            raise InvalidInput(
                f"Template “{after.id}” has no version before {after.version}.",
                hint=f"Make another with: pivotr template edit {after.id}",
            )
        before = self.get(name, old or after.version - 1)
        return list(
            difflib.unified_diff(
                _lines(before),
                _lines(after),
                f"{before.id}@{before.version}",
                f"{after.id}@{after.version}",
                lineterm="",
            )
        )

    def lint(self, name: str, version: int = 0) -> LintReport:
        """What is wrong, risky or worth knowing in a version. Raises NotFound."""
        return self.lint_text(self.get(name, version))

    def lint_text(self, template: TemplateVersion) -> LintReport:
        """The same for a template that need not be stored."""
        return lint(template, self._variables(), filter_words=_filter_words())

    def preview(
        self,
        template: TemplateVersion,
        *,
        lead: Lead | None = None,
        variables: Mapping[str, str] | None = None,
        count: int = 1,
    ) -> Iterator[Rendered]:
        """What `count` different leads would get; `variables` win over the lead's values.

        Without a lead and without variables sample values are used. Raises InvalidInput (a template that
        cannot be parsed, a variable without value), NotFound.
        """
        if not 1 <= count <= 100_000:
            raise InvalidInput("The count must lie between 1 and 100000.", hint="Use --count 20.")
        given = dict(variables or {})
        known = (*self._variables(), *given)
        if template.text.strip() or template.html:
            compiled = compile_template(template, known)
        else:
            compiled = CompiledTemplate(
                template, compile_text(template.subject, known), compile_text(template.text, known), None
            )
        if lead is not None:
            values = variables_for(lead, extra=given)
        elif given:
            values = variables_for(Lead(id="preview"), extra=given)
        else:
            values = dict(_SAMPLES)
        for number in range(count):
            who = lead.id if lead is not None and count == 1 else f"preview-{number}"
            try:
                rendered = compiled.render(values, campaign="preview", lead=who, step=1)
            except MissingVariable as missing:
                # no mailbox is chosen, and what the operator tries out need not be stored for it
                name = missing.variable
                hint = f'Try one with --var "{name}=…", or write a fallback: {{{{{name}|…}}}}'
                raise InvalidInput(missing.sentence, hint=hint) from None
            yield rendered

    def _version(
        self,
        name: str,
        version: int,
        parts: tuple[str, str, str | None],
        *,
        actor: str = "",
        note: str = "",
    ) -> TemplateVersion:
        subject, text, html = parts
        return TemplateVersion(
            id=name,
            version=version,
            subject=subject.strip(),
            text=text,
            html=html or None,
            created_at=to_text(self._clock.now()),
            actor=actor,
            note=note,
        )

    def _write(self, template: TemplateVersion) -> TemplateVersion:
        _check_sizes(template)
        compile_template(template, self._variables())
        put = self._store.creation(template)
        try:
            self._table.put(put.table, put.item, condition=put.condition)
        except ConditionFailed:
            if template.version == 1:
                raise _exists(template.id) from None
            raise _changed(template) from None
        return template

    def _variables(self) -> tuple[str, ...]:
        return known_variables(SettingsStore(self._table).fields())


def _changed(template: TemplateVersion) -> Changed:
    return Changed(
        f"Somebody else has just made version {template.version} of “{template.id}”.",
        hint=f"See what changed: pivotr template diff {template.id}",
    )


def _exists(name: str) -> Conflict:
    return Conflict(
        f"There is a template “{name}” already.", hint=f"Make its next version: pivotr template edit {name}"
    )


def _check_sizes(template: TemplateVersion) -> None:
    if not template.subject:
        raise InvalidInput("The template has no subject.", hint='Give it one: --subject "…"')
    if len(template.subject) > _SUBJECT_LIMIT:
        raise InvalidInput(f"A subject takes at most {_SUBJECT_LIMIT:,} characters.", hint="Make it shorter.")
    if max(len(template.text), len(template.html or "")) > _BODY_LIMIT:
        raise InvalidInput(f"A body takes at most {_BODY_LIMIT:,} characters.", hint="Make it shorter.")
    parts = (template.subject, template.text, template.html or "", template.note)
    if sum(len(part.encode(errors="replace")) for part in parts) > _BYTES_LIMIT:
        raise InvalidInput(
            f"A template takes at most {_BYTES_LIMIT // 1000} KB, text and HTML together.",
            hint="Make it shorter.",
        )


def _lines(template: TemplateVersion) -> list[str]:
    lines = [f"Subject: {template.subject}", "", *template.text.splitlines()]
    if template.html:
        lines += ["", "HTML:", *template.html.splitlines()]
    return lines


def _filter_words() -> tuple[str, ...]:
    found = files("pivotr") / "data" / "filter_words.txt"
    return filter_words_of(found.read_text(encoding="utf-8")) if found.is_file() else ()
