"""`pivotr leads staged`: rows of imports that wait for a look."""

from __future__ import annotations

from typing import Annotated

import typer

from pivotr.cli.context import Yes, actor, confirm, console, services

Row = Annotated[str, typer.Argument(metavar="ROW", help="Its id, or its line where only one has it.")]
Rows = Annotated[list[str] | None, typer.Argument(metavar="ROW...", help="Ids or lines.")]
Import = Annotated[str, typer.Option("--import", metavar="IMPORT", help="Only rows of one import.")]


def register_staged(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("staged show")(show)
    app.command("staged fix")(fix)
    app.command("staged approve")(approve)
    app.command("staged discard")(discard)


def show(
    import_id: Import = "",
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only rows for a list.")] = "",
) -> None:
    """Rows that wait, and why."""
    rows = services().staging.rows(import_id=import_id, list_name=list_name)
    out = console()
    if out.wants_json:
        out.data([{**row.model_dump(), "warnings": row.warnings} for row in rows])
    elif rows:
        out.table(
            ["row", "email", "first name", "name", "company", "warnings"],
            [
                (row.id, row.email, row.first_name, row.full_name, row.company,
                 ", ".join(row.warnings) or "none: clean")
                for row in rows
            ],
        )  # fmt: skip
        out.note("Take in what is clean: pivotr leads staged approve --clean")
    else:
        out.note("No row waits.")


def fix(
    row: Row,
    email: Annotated[str | None, typer.Option(help="The right address; the same again accepts it.")] = None,
    full_name: Annotated[str | None, typer.Option(help="The right full name.")] = None,
    first_name: Annotated[
        str | None, typer.Option(help="How to greet; an empty text: without a name.")
    ] = None,
    company: Annotated[str | None, typer.Option(help="The right company.")] = None,
) -> None:
    """Put a row right. No later import changes what is said here."""
    fixed = services().staging.fix(
        row, email=email, full_name=full_name, first_name=first_name, company=company
    )
    out = console()
    if out.wants_json:
        out.data({**fixed.model_dump(), "warnings": fixed.warnings})
        return
    left = f", but: {', '.join(fixed.warnings)}" if fixed.warnings else " and is clean now"
    out.success(f"{fixed.email} is put right{left}.")


def approve(
    rows: Rows = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="All without a warning (any more).")] = False,
    import_id: Import = "",
) -> None:
    """Take rows in: they become leads and join their list."""
    from pivotr.cli.words import counted

    _choose_one(bool(rows), everything, clean, "approve")
    done = services().staging.approve(rows or (), only_clean=clean, import_id=import_id, actor=actor())
    out = console()
    if out.wants_json:
        out.data(done)
        return
    out.success(f"{counted(done.accepted, 'row')} became {'a lead' if done.accepted == 1 else 'leads'}.")
    if done.duplicate:
        out.note(f"{counted(done.duplicate, 'address', 'addresses')} known by now joined the list.")
    if done.rejected:
        out.note(f"{counted(done.rejected, 'address', 'addresses')} suppressed by now did not come in.")
    if done.waiting:
        out.note(f"{counted(done.waiting, 'row')} still {'waits' if done.waiting == 1 else 'wait'}.")


def discard(
    rows: Rows = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    import_id: Import = "",
    yes: Yes = False,
) -> None:
    """Throw rows away."""
    from pivotr.cli.words import counted

    _choose_one(bool(rows), everything, False, "discard")
    what = f"these {len(rows)} rows" if rows else "every row that waits"
    confirm(f"Throw {what} away?", yes=yes)
    gone = services().staging.discard(rows or (), import_id=import_id, actor=actor())
    out = console()
    if out.wants_json:
        out.data({"discarded": gone})
        return
    out.success(f"{counted(gone, 'row')} {'is' if gone == 1 else 'are'} thrown away.")


def _choose_one(has_rows: bool, everything: bool, clean: bool, verb: str) -> None:  # noqa: FBT001
    if has_rows + everything + clean != 1:
        from pivotr.errors import InvalidInput

        raise InvalidInput(
            "Which rows?",
            hint=f"Name them, or: pivotr leads staged {verb} {'--clean' if verb == 'approve' else '--all'}",
        )
