"""`pivotr suppress`: addresses and domains that are never written to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pivotr.cli.context import actor, console, noun, services

app = noun("Addresses and domains that no campaign writes to.")

Target = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or @domain for everybody there.")]


@app.command("add")
def add(
    target: Target,
    source: Annotated[str, typer.Option(help="Where the wish comes from, as “letter”.")] = "",
) -> None:
    """Never write to an address or a domain again, from no campaign."""
    suppression, stopped = services().suppressions.add(target, source=source, actor=actor())
    out = console()
    if out.wants_json:
        out.data({**suppression.model_dump(mode="json"), "stopped": stopped})
        return
    what = f" {stopped} {'lead is' if stopped == 1 else 'leads are'} stopped." if stopped else ""
    out.success(f"{suppression.email or target} is suppressed ({suppression.reason}).{what}")


@app.command("token")
def token(
    text: Annotated[
        str, typer.Argument(metavar="TOKEN", help="What stands behind “unsubscribe” in the subject.")
    ],
) -> None:
    """Do what a person asked for by the way out in a mail: no mail to them again, from no campaign."""
    lead = services().unsubscribing.unsubscribe(text.strip().removeprefix("unsubscribe").strip(), by=actor())
    out = console()
    if out.wants_json:
        out.data({"lead": lead, "status": "unsubscribed"})
        return
    out.success("The person is unsubscribed.")


@app.command("remove")
def remove(
    target: Target,
    force: Annotated[
        bool, typer.Option("--force", help="Also what the person asked for, who wants mail again now.")
    ] = False,
) -> None:
    """Allow an address or a domain again."""
    freed = services().suppressions.remove(target, force=force, actor=actor())
    out = console()
    if out.wants_json:
        out.data({"removed": target, "freed": freed})
        return
    what = f" {freed} {'lead' if freed == 1 else 'leads'} may be written to again." if freed else ""
    out.success(f"{target} is not suppressed any more.{what}")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="At most so many; 0 shows all.")] = 100,
) -> None:
    """All suppressions, newest first."""
    found = services().suppressions.all()
    shown = found[: limit or None]
    out = console()
    if out.wants_json:
        out.data(shown)
        return
    if not found:
        out.note("Nobody is suppressed.")
        return
    out.table(
        ["who", "reason", "since", "source", "by"],
        [(one.email or "(erased)", one.reason, one.at, one.source, one.actor) for one in shown],
        spare=1,
    )
    if len(found) > len(shown):
        out.note(f"There are {len(found)}: use --limit 0 for all.")


@app.command("check")
def check(target: Target) -> None:
    """Whether an address is suppressed, and why. Exit code 0 in both cases."""
    found = services().suppressions.check(target)
    out = console()
    if out.wants_json:
        out.data({"suppressed": found is not None, "suppression": found})
        return
    if found is None:
        out.text(f"{target} is not suppressed.")
        return
    by = "its domain, " if found.is_domain and not target.startswith("@") else ""
    out.text(f"{target} is suppressed: {by}{found.reason}, {found.at} {found.source}".rstrip())


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, an address or @domain a line; - is stdin.")
    ],
    source: Annotated[str, typer.Option(help="Where they come from.")] = "",
) -> None:
    """Suppress every address of a file."""
    from pivotr.cli.line_files import lines_of

    name = "stdin" if str(file) == "-" else file.name
    done = services().suppressions.take_file(lines_of(file), source=source or name, actor=actor())
    out = console()
    if out.wants_json:
        out.data(done)
    else:
        out.facts([("added", done.added), ("known", done.known), ("rejected", len(done.rejected))])
        for line, reason in done.rejected[:20]:
            out.note(f"line {line}: {reason}")
    if not done.added and not done.known:
        from pivotr.errors import InvalidInput

        raise InvalidInput(
            f"No line of “{name}” holds an address.", hint="One a line: someone@x.example or @x.example."
        )


@app.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Without it to stdout.")] = None,
) -> None:
    """All suppressions as CSV, which `suppress import` reads."""
    out = console()
    if file is None and out.wants_json:
        out.data(services().suppressions.all())
        return
    lines = services().suppressions.as_csv()
    if file is None:
        for line in lines:
            out.stdout.write(line.replace("\r\n", "\n"))
        return
    from pivotr.cli.text_files import whole_file
    from pivotr.cli.words import counted

    count = -1
    with whole_file(file) as partial, partial.open("w", encoding="utf-8", newline="") as written:
        for line in lines:
            written.write(line)
            count += 1
    if out.wants_json:
        out.data({"file": str(file), "suppressions": count})
        return
    out.success(f"{file} holds {counted(count, 'suppression')}.")


@app.command("sync")
def sync(
    push: Annotated[
        bool, typer.Option("--push", help="Also put our bounces and complaints on the provider's list.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; change nothing.")] = False,
) -> None:
    """Take over the suppression list that SES keeps for the account. Nothing is taken off either list."""
    done = services().suppressions.sync(push=push, is_dry_run=dry_run, actor=actor())
    out = console()
    if out.wants_json:
        out.data(done)
        return
    out.facts(
        [
            ("would be added here" if dry_run else "added here", done.taken),
            ("known here", done.known),
            ("no usable address", done.unusable),
            ("added there", "" if dry_run else done.given),
            ("only here", done.lacking),
        ]
    )
    if done.lacking and not push:
        out.note("Bounces and complaints that the provider does not list: give them with --push.")
