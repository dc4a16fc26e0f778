"""`pivotr template`: create, edit into new versions, compare, lint, preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import actor, console, noun, services

if TYPE_CHECKING:
    from pivotr.domain.leads import Lead
    from pivotr.domain.templates import TemplateVersion

app = noun("Templates of mails. Each edit makes a new version; a campaign keeps the one it started with.")

Name = Annotated[str, typer.Argument(metavar="NAME")]
Version = Annotated[int, typer.Option("--version", min=0, metavar="N", help="Not the newest but this one.")]


@app.command("create")
def create(
    name: Name,
    *,
    subject: Annotated[str, typer.Option(help="As “A question for {{Company|you}}”.")],
    body_file: Annotated[Path | None, typer.Option(metavar="FILE", help="The text of the mail.")] = None,
    html_file: Annotated[Path | None, typer.Option(metavar="FILE", help="The same as HTML.")] = None,
) -> None:
    """A new template."""
    from pivotr.cli.text_files import read_text
    from pivotr.errors import InvalidInput

    if body_file is None and html_file is None:
        raise InvalidInput("The template has no body.", hint="Name its file: --body-file intro.txt")
    made = services().templates.create(
        name,
        subject,
        read_text(body_file) if body_file else "",
        html=read_text(html_file) if html_file else None,
        actor=actor(),
    )
    _tell_version(made, "is ready")


@app.command("list")
def list_() -> None:
    """All templates, each in its newest version."""
    found = services().templates.all()
    out = console()
    if out.wants_json:
        out.data(found)
        return
    if not found:
        out.note("No template yet. Make one: pivotr template create intro --subject … --body-file intro.txt")
        return
    out.table(
        ["template", "version", "subject", "made", "by"],
        [(one.id, one.version, one.subject, one.created_at[:10], one.actor) for one in found],
    )


@app.command("show")
def show(name: Name, version: Version = 0) -> None:
    """One version, and which others there are."""
    found = services().templates.get(name, version)
    versions = services().templates.versions(name)
    out = console()
    if out.wants_json:
        out.data({**found.model_dump(mode="json"), "versions": [one.version for one in versions]})
        return
    out.facts(
        [
            ("template", found.id),
            ("version", f"{found.version} of {len(versions)}"),
            ("made", f"{found.created_at} {found.actor}".strip()),
            ("note", found.note),
            ("subject", found.subject),
        ]
    )
    out.text("\n" + found.text.rstrip())
    if found.html:
        out.text("\nHTML:\n" + found.html.rstrip())


@app.command("edit")
def edit(
    name: Name,
    *,
    subject: Annotated[str | None, typer.Option(help="Another subject.")] = None,
    body_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Another text.")] = None,
    html_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Another HTML.")] = None,
    draft: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on in the editor with an edit that was refused.")
    ] = None,
    note: Annotated[str, typer.Option(help="What was changed and why.")] = "",
) -> None:
    """Make the next version; without options in the editor that EDITOR names."""
    from pivotr.cli.text_files import read_text
    from pivotr.errors import InvalidInput

    old = services().templates.get(name)
    text = read_text(body_file) if body_file else None
    html = read_text(html_file) if html_file else None
    if subject is None and text is None and html is None:
        made = _in_editor(old, read_text(draft) if draft else "", note)
    elif draft is not None:
        raise InvalidInput(
            "--draft opens the editor: it goes with no other text.",
            hint=f"pivotr template edit {old.id} --draft {draft}",
        )
    else:
        made = services().templates.edit(
            name, subject=subject, text=text, html=html, note=note, actor=actor()
        )
    if made.version == old.version:
        out = console()
        if out.wants_json:
            out.data(made)
            return
        out.note("Nothing is different: no new version.")
        return
    _tell_version(made, "is ready")


@app.command("diff")
def diff(
    name: Name,
    old: Annotated[int, typer.Argument(metavar="[OLD]", min=0)] = 0,
    new: Annotated[int, typer.Argument(metavar="[NEW]", min=0)] = 0,
) -> None:
    """What changed between two versions; without numbers between the last two."""
    lines = services().templates.diff(name, old, new)
    out = console()
    if out.wants_json:
        out.data(lines)
        return
    for line in lines:
        out.text(line)


@app.command("lint")
def lint(
    name: Annotated[str, typer.Argument(metavar="[NAME]")] = "",
    *,
    version: Version = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail, too.")] = False,
    text: Annotated[str | None, typer.Option(help="A text instead of a stored template.")] = None,
    body_file: Annotated[Path | None, typer.Option(metavar="FILE", help="The same, from a file.")] = None,
    html_file: Annotated[Path | None, typer.Option(metavar="FILE", help="HTML from a file.")] = None,
    subject: Annotated[str | None, typer.Option(help="The subject beside them.")] = None,
) -> None:
    """What is wrong, risky or worth knowing. Exit code 1 where it should not be sent."""
    from pivotr.cli.text_files import read_text
    from pivotr.domain.template_lint import worst_first

    written = text if body_file is None else read_text(body_file)
    html = None if html_file is None else read_text(html_file)
    chosen, templates = _chosen("lint", name, version, (subject, written, html)), services().templates
    report = templates.lint(chosen.id, chosen.version) if name else templates.lint_text(chosen)
    out = console()
    if out.wants_json:
        data = report.model_dump(mode="json", exclude={"variants"})
        out.data({**data, "passes": report.passes(strict=strict)})
    else:
        out.facts(
            [
                ("variants", report.variants_text),
                ("length", f"{report.shortest} to {report.longest} characters"),
                ("variables", ", ".join(report.variables)),
                ("without fallback", ", ".join(report.without_fallback)),
            ]
        )
        rows = [
            (one.severity, f"{one.part} {one.line}:{one.column}", one.sentence)
            for one in worst_first(report.findings)
        ]
        if rows:
            out.text()
            out.table(["severity", "where", "finding"], rows)
    if not report.passes(strict=strict):
        raise typer.Exit(1)


@app.command("preview")
def preview(
    name: Annotated[str, typer.Argument(metavar="[NAME]")] = "",
    *,
    text: Annotated[str | None, typer.Option(help="A text instead of a stored template.")] = None,
    subject: Annotated[str | None, typer.Option(help="A subject beside --text.")] = None,
    lead: Annotated[str, typer.Option(metavar="ADDRESS", help="With the data of this lead.")] = "",
    var: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A variable; may be repeated.")
    ] = None,
    count: Annotated[int, typer.Option(metavar="N", help="For so many different leads.")] = 1,
    version: Version = 0,
) -> None:
    """What leads would get. With --json one line for each."""
    from pivotr.cli.line_files import assignments, write_json

    template = _chosen("preview", name, version, (subject, text, None))
    person: Lead | None = services().leads.get(lead) if lead else None
    variables = assignments(var, "--var")
    previews = services().templates.preview(template, lead=person, variables=variables, count=count)
    out = console()
    if out.wants_json:
        for one in previews:
            write_json(out, {"subject": one.subject, "text": one.text, "variant": one.variant})
        return
    for number, one in enumerate(previews):
        if number:
            out.text("-" * 72)
        if one.subject:
            out.facts([("Subject", one.subject)])
            out.text()
        out.text(one.text.rstrip("\n"))
    if person is None and not variables and "{{" in f"{template.subject}{template.text}{template.html}":
        out.note("The values are an example's: name others with --lead ADDRESS or --var Name=value.")


def _chosen(
    command: str, name: str, version: int, parts: tuple[str | None, str | None, str | None]
) -> TemplateVersion:
    """The template that is meant: a stored one, or the text that was given."""
    from pivotr.domain.templates import TemplateVersion
    from pivotr.errors import InvalidInput

    if bool(name) == any(part is not None for part in parts):
        raise InvalidInput(
            "Name a template, or give a --text.",
            hint=f"pivotr template {command} --text '{{Hi|Hello}} {{{{FirstName}}}}'",
        )
    if name:
        return services().templates.get(name, version)
    subject, text, html = parts
    return TemplateVersion(id="preview", version=1, subject=subject or "", text=text or "", html=html)


def _in_editor(old: TemplateVersion, draft: str, note: str) -> TemplateVersion:
    """The version that the operator's editor makes of the old one; a draft that is refused is kept."""
    from pivotr.cli.editor import edited
    from pivotr.cli.template_drafts import draft_of, is_same, keep, parts_of
    from pivotr.errors import PivotrError

    before = draft_of(old)
    written = edited(draft or before)
    if is_same(written, before):
        return old
    try:
        subject, text, html = parts_of(written)
        return services().templates.edit(
            old.id, subject=subject, text=text, html=html, note=note, actor=actor(), base=old.version
        )
    except PivotrError as error:
        again = f"pivotr template edit {old.id} --draft {keep(written, old.id)}"
        error.hint = f"{error.hint.rstrip('.')}. Your text is kept, go on with it: {again}"
        raise


def _tell_version(made: TemplateVersion, what: str) -> None:
    out = console()
    if out.wants_json:
        out.data(made)
        return
    from pivotr.cli.words import counted

    out.success(f"Template {made.id}, version {made.version}, {what}.")
    warnings = services().templates.lint(made.id, made.version).warnings
    if warnings:
        out.note(f"{counted(len(warnings), 'warning')}: pivotr template lint {made.id}")
    out.note(f"See what a lead would get: pivotr template preview {made.id}")
