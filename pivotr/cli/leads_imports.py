"""`pivotr leads import list|show|undo`: imports that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import Yes, actor, confirm, console, services
from pivotr.cli.signals import told_on_interrupt

if TYPE_CHECKING:
    from pivotr.domain.reports import ImportRun

ImportId = Annotated[str, typer.Argument(metavar="IMPORT", help="Its id, as `leads import list` shows it.")]


def register_imports(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("import list")(list_)
    app.command("import show")(show)
    app.command("import undo")(undo)


def list_() -> None:
    """All imports of the last 400 days, newest first."""
    runs = services().past_imports.all()
    out = console()
    if out.wants_json:
        out.data(runs)
    elif runs:
        out.table(
            ["import", "began", "file", "list", "state", "rows", "accepted", "staged", "approved", "by"],
            [
                (
                    run.import_id, run.began, run.file, run.list, run.state, run.rows,
                    run.report.accepted if run.report else "", (run.report and run.report.staged) or "",
                    run.approved or "", run.actor,
                )
                for run in runs
            ],
        )  # fmt: skip
    else:
        out.note("No import yet. Begin with: pivotr leads import leads.csv --list NAME")


def show(import_id: ImportId) -> None:
    """The account of one import, and what was taken back of it."""
    from pivotr.cli.leads_import import tell_counts

    run = services().past_imports.get(import_id)
    out = console()
    if out.wants_json:
        out.data(run)
        return
    out.facts([("state", run.state), ("began", run.began), ("until", run.at), ("by", run.actor)])
    if run.report:
        tell_counts(out, run.report)
        out.facts(
            [("approved", run.approved or ""), ("discarded", run.discarded or ""), ("waiting", _waiting(run))]
        )
    else:
        out.facts([("file", run.file), ("list", run.list), ("rows", run.rows), ("import", run.import_id)])
        if run.state == "interrupted":
            out.note("It did not end. Run the same command again: it goes on, nothing comes twice.")
    if run.undone:
        undone = run.undone
        out.facts(
            [
                ("leads taken back", undone.leads), ("off the list", undone.memberships),
                ("waiting rows gone", undone.staged), ("leads kept", undone.kept),
            ]
        )  # fmt: skip


def _waiting(run: ImportRun) -> int | str:
    staged = run.report.staged if run.report and not run.undone else 0
    return len(services().staging.rows(import_id=run.import_id)) if staged else ""


def undo(import_id: ImportId, yes: Yes = False) -> None:
    """Take back what an import added, but nothing that has been enrolled or mailed since."""
    from pivotr.cli.words import counted

    run = services().past_imports.get(import_id)
    confirm(f"Take back the import of {run.file} into the list {run.list}?", yes=yes)
    halted = f"Interrupted. Undo it again for the rest: pivotr leads import undo {run.import_id}"
    with told_on_interrupt(halted):
        done = services().past_imports.undo(run.import_id, actor=actor())
    out = console()
    if out.wants_json:
        out.data(done)
        return
    out.success(
        f"{counted(done.leads, 'lead')} and {counted(done.memberships, 'place')} on the list are taken back."
    )
    if done.staged:
        out.note(f"{counted(done.staged, 'waiting row')} went with them.")
    if done.kept:
        out.note(f"{counted(done.kept, 'lead')} stayed: enrolled, mailed or put on another list since.")
