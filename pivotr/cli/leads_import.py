"""`pivotr leads import`: a file of leads into a list, with an account of every row."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

from pivotr.cli.context import actor, connect, console, services
from pivotr.cli.signals import told_on_interrupt
from pivotr.cli.text_files import whole_file

if TYPE_CHECKING:
    from pivotr.cli.console import Console
    from pivotr.domain.reports import ImportReport, RowResult

#: What is counted → how one row is told, how several are.
_WARNINGS = {
    "typo_domain": ("has a misspelt domain, as gmial.com", "have a misspelt domain, as gmial.com"),
    "role": ("has a role address, as info@", "have role addresses, as info@"),
    "no_greeting": ("will be greeted without a name", "will be greeted without a name"),
    "cut": ("has cells that were cut to what is stored", "have cells that were cut to what is stored"),
}
#: Why a row waits for a look.
_WAITS = {
    "typo_domain": "misspelt domain",
    "role": "role address",
    "no_greeting": "no name to greet by",
}
_REASONS = {
    "duplicate_email": ("came earlier in this file", "came earlier in this file"),
    "missing_email": ("has no address", "have no address"),
    "invalid_email": ("has an address that cannot be mailed", "have an address that cannot be mailed"),
    "unreadable_row": ("cannot be read", "cannot be read"),
    "known": ("is known already; it is on the list now", "are known already; they are on the list now"),
    "waiting": ("waits for a look already", "wait for a look already"),
    "suppressed": ("is suppressed", "are suppressed"),
}


#: Names of variables that a report tells.
_SHOWN = 6
INTERRUPTED = "Interrupted. Run the same command again: it goes on where it stopped, nothing comes twice."


def register_import(app: typer.Typer) -> None:
    """Add the command to the noun."""
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV, .xlsx, .xls or .ods; - is stdin.")],
    *,
    list_name: Annotated[
        str, typer.Option("--list", metavar="NAME", help="The list they join. Only --dry-run does without.")
    ] = "",
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="May be repeated.")] = None,
    type_: Annotated[
        Literal["cold", "warm", "hot"] | None, typer.Option("--type", help="cold, warm or hot.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where the addresses come from.")] = "",
    basis: Annotated[str, typer.Option(help="Consent, or the lawful basis.")] = "",
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="ROLE=COLUMN", help='As --map "email=Work Email"; may be repeated.'),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Refresh the data of known leads.")] = False,
    stage: Annotated[
        bool, typer.Option("--stage", help="Let rows with warnings wait: pivotr leads staged show.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing, give the same report.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="One line of JSON for each row.")
    ] = None,
) -> None:
    """Import leads. Run it again after an interruption: it goes on, nothing comes twice."""
    from pivotr.cli.line_files import assignments
    from pivotr.domain.intake import ImportOptions
    from pivotr.errors import InvalidInput

    if not list_name and not dry_run:
        raise InvalidInput("Option --list is missing.", hint=f"pivotr leads import {file} --list NAME")
    options = ImportOptions(
        list=list_name,
        tags=tuple(tag or ()),
        type=type_,
        source=source,
        basis=basis,
        mapping=assignments(map_, "--map", example="email=Work Email"),
        is_update=update,
        is_staged=stage,
    )
    if dry_run:
        connect(is_rehearsal=True)
    halted = "Interrupted: nothing was written." if dry_run else INTERRUPTED
    with (
        told_on_interrupt(halted),
        _opened(file) as data,
        _row_report(report, file) as on_row,
        _progress(data, file) as on_chunk,
    ):
        done = services().imports.run(
            data,
            "stdin" if str(file) == "-" else file.name,
            options,
            is_dry_run=dry_run,
            actor=actor(),
            on_row=on_row,
            on_chunk=on_chunk,
        )
    out = console()
    if out.wants_json:
        out.data(done)
        return
    _tell(done)


def _tell(done: ImportReport) -> None:
    out = console()
    tell_counts(out, done)
    if done.is_dry_run:
        out.success("Nothing was written: this was a dry run.")
    elif done.is_continued:
        out.success("An interrupted import of this file is finished now.")
    elif not done.accepted and done.rejected == done.rows:
        out.warn("no row of the file could be taken.")
    if done.staged and not done.is_dry_run:
        out.note("See what waits: pivotr leads staged show")


def tell_counts(out: Console, done: ImportReport) -> None:
    """The account of an import: its numbers on stdout, reasons and warnings in words on stderr."""
    out.facts(
        [
            ("file", done.file),
            ("sheet", done.sheet),
            ("list", done.list),
            ("columns", _told_columns(done)),
            ("rows", done.rows),
            ("accepted", done.accepted),
            ("updated", done.updated or ""),
            ("staged", done.staged or ""),
            ("duplicate", done.duplicate),
            ("rejected", done.rejected),
            ("import", "" if done.is_dry_run else done.import_id),
        ]
    )
    if done.other_sheets:
        out.note(_told_sheets(done.other_sheets))
    for reason, count in done.reasons.items():
        words = _REASONS.get(reason) or _unlisted(reason)
        if reason == "known" and done.updated:
            words = ("was known and is refreshed", "were known and are refreshed")
        elif reason == "known" and done.is_dry_run:
            words = ("is known already", "are known already")
        out.note(_in_words(count, words))
    for warning, words in _WARNINGS.items():
        if count := done.warnings.get(warning, 0) - _waiting_for(warning, done):
            out.note(_in_words(count, words))


def _waiting_for(warning: str, done: ImportReport) -> int:
    """Rows that wait for a look because of a warning: why they wait has told it."""
    return sum(count for reason, count in done.reasons.items() if warning in reason.split(", "))


def _told_columns(done: ImportReport) -> str:
    """Which column was read as what: a wrong guess shows here, and `--map` puts it right."""
    from pivotr.cli.texts import plain

    roles = ", ".join(f"{role.replace('_', ' ')} “{plain(name)}”" for role, name in done.columns.items())
    if not done.variables:
        return roles
    shown, more = done.variables[:_SHOWN], len(done.variables) - _SHOWN
    names = ", ".join(f"“{plain(name)}”" for name in shown) + (f" and {more} more" if more > 0 else "")
    return f"{roles}; {names} kept as {'variables' if len(done.variables) > 1 else 'a variable'}"


def _told_sheets(names: Sequence[str]) -> str:
    from pivotr.cli.texts import plain

    shown = ", ".join(f"“{plain(name)}”" for name in names)
    if len(names) == 1:
        return (
            f"Sheet {shown} holds leads too and was not read: save it as a file of its own and import that."
        )
    return f"Sheets {shown} hold leads too and were not read: save each as a file of its own and import that."


def _unlisted(reason: str) -> tuple[str, str]:
    """The words for a reason that names a campaign, or the warnings of rows that wait."""
    if set(reason.split(", ")) <= _WAITS.keys():
        why = ", ".join(_WAITS[warning] for warning in reason.split(", "))
        return f"waits for a look: {why}", f"wait for a look: {why}"
    return f"is {reason}", f"are {reason}"


def _in_words(count: int, words: tuple[str, str]) -> str:
    return f"1 row {words[0]}." if count == 1 else f"{count:,} rows {words[1]}."


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file, or stdin kept in a file that can be read twice."""
    from pivotr.cli.line_files import open_file

    if str(path) != "-":
        with open_file(path) as file:
            yield _seekable(file)
        return
    yield _seekable(sys.stdin.buffer)


def _seekable(file: BinaryIO) -> BinaryIO:
    if file.seekable():
        return file
    import shutil
    import tempfile

    copy = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the import, then the system removes it
    shutil.copyfileobj(file, copy)
    copy.seek(0)
    return copy


@contextmanager
def _row_report(path: Path | None, source: Path) -> Iterator[Callable[[RowResult], None] | None]:
    """Write the report beside its place, put it there at the end: a refused import leaves an old one."""
    if path is None:
        yield None
        return
    from pivotr.cli.line_files import json_line

    _check_report(path, source)
    with (
        whole_file(path) as partial,
        partial.open("w", encoding="utf-8", errors="replace") as lines,
    ):
        yield lambda row: print(json_line(_row_data(row)), file=lines)


def _row_data(row: RowResult) -> dict[str, Any]:
    """A row for the report; a detail only where there is something to say."""
    from dataclasses import asdict

    data = asdict(row)
    if not row.detail:
        del data["detail"]
    return data


def _check_report(path: Path, source: Path) -> None:
    from pivotr.errors import InvalidInput

    if path.name == "-" or path.is_dir():
        raise InvalidInput("--report takes the name of a file.", hint="Use --report rows.jsonl, for example.")
    if path.exists() and source.exists() and path.samefile(source):
        raise InvalidInput(
            "The report would replace the very file that is imported.",
            hint="Use --report rows.jsonl, for example.",
        )


@contextmanager
def _progress(file: BinaryIO, path: Path) -> Iterator[Callable[[int], None] | None]:
    """A bar on a terminal, with rows a second and the time left; elsewhere nothing."""
    out = console()
    if not out.stderr.isatty() or out.wants_json:
        yield None
        return
    from rich.console import Console as Terminal
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    bar: Any = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,}/s"),
        TimeRemainingColumn(),
        console=Terminal(file=out.stderr),
        transient=True,
    )
    with bar:
        task = bar.add_task(path.name, total=max(size, 1), rows=0, rate=0)

        def on_chunk(rows: int) -> None:
            elapsed = bar.tasks[task].elapsed or 0
            rate = round(rows / elapsed) if elapsed else 0
            bar.update(task, completed=file.tell(), rows=rows, rate=rate)

        yield on_chunk
