"""`pivotr leads export`: leads as a file for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pivotr.cli.context import console, services
from pivotr.cli.text_files import whole_file

#: Rows of a sheet of a workbook, header included.
_SHEET_ROWS = 1_048_576
#: Characters of a cell of a workbook.
_CELL = 32_767


def register_export(app: typer.Typer) -> None:
    """Add the command to the noun."""
    app.command("export")(export)


def export(
    *,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="As leads.csv or leads.xlsx; - is stdout.")
    ] = None,
    status: Annotated[str, typer.Option(metavar="STATE", help="Only these: new, queued, sent, …")] = "",
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only members of a list.")] = "",
    tag: Annotated[str, typer.Option(metavar="TAG", help="Only leads with this tag.")] = "",
    campaign: Annotated[str, typer.Option(metavar="ID", help="Only leads that a campaign has had.")] = "",
    verdict: Annotated[
        str, typer.Option(metavar="VERDICT", help="valid, invalid, risky, unknown; none: never checked.")
    ] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="Only leads stored on this day or later.")] = "",
    until: Annotated[str, typer.Option(metavar="DAY", help="Only leads stored on this day or before.")] = "",
    bom: Annotated[bool, typer.Option("--bom", help="Mark a CSV as UTF-8: Excel wants that.")] = False,
) -> None:
    """Write leads to a file. No cell of it can be taken for a formula."""
    from typing import get_args

    from pivotr.cli.words import counted
    from pivotr.domain import exports
    from pivotr.domain.leads import LeadStatus
    from pivotr.errors import InvalidInput

    if out_file is None or (str(out_file) != "-" and out_file.suffix.lower() not in (".csv", ".xlsx")):
        raise InvalidInput(
            f"“{out_file}” is neither a .csv nor a .xlsx file." if out_file else "Where to?",
            hint="Name a file that ends in .csv or .xlsx: pivotr leads export --out leads.csv",
        )
    if status and status not in get_args(LeadStatus):
        raise InvalidInput(
            f"There is no state “{status}”.", hint=f"States are: {', '.join(get_args(LeadStatus))}."
        )
    if verdict not in ("", "valid", "invalid", "risky", "unknown", "none"):
        raise InvalidInput(
            f"There is no verdict “{verdict}”.",
            hint="Verdicts are: valid, invalid, risky, unknown; none for never checked.",
        )
    found = services().leads.find(
        status=status, list_name=list_name, tag=tag, campaign=campaign, verdict=verdict, since=since,
        until=until,
    )  # fmt: skip
    rows = exports.rows(found, services().leads.custom_fields())
    if str(out_file) == "-":
        _to_stdout(rows)
        return
    count = (_to_workbook if out_file.suffix.lower() == ".xlsx" else _to_csv)(out_file, rows, has_mark=bom)
    if console().wants_json:
        console().data({"file": str(out_file), "leads": count})
    else:
        console().success(f"{out_file} holds {counted(count, 'lead')}.")


def _to_stdout(rows: Iterable[Sequence[str]]) -> None:
    from pivotr.domain.exports import csv_line

    if console().wants_json:
        header, *leads = rows
        console().data([dict(zip(header, lead, strict=True)) for lead in leads])
        return
    for row in rows:
        console().stdout.write(csv_line(row).replace("\r\n", "\n"))


def _to_csv(path: Path, rows: Iterable[Sequence[str]], *, has_mark: bool) -> int:
    from pivotr.domain.exports import csv_line

    count = -1
    with (
        whole_file(path) as partial,
        partial.open("w", encoding="utf-8-sig" if has_mark else "utf-8", newline="") as file,
    ):
        for row in rows:
            file.write(csv_line(row))
            count += 1
    return count


def _to_workbook(path: Path, rows: Iterable[Sequence[str]], *, has_mark: bool) -> int:  # noqa: ARG001
    """A workbook of texts; it is written row by row, so that memory does not hold it."""
    from xlsxwriter import Workbook

    from pivotr.errors import LimitReached

    count = -1
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with whole_file(path) as partial, Workbook(str(partial), options) as book:
        sheet: Any = book.add_worksheet("Leads")
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows):
            if number == _SHEET_ROWS:
                raise LimitReached(
                    f"A sheet holds {_SHEET_ROWS:,} rows.", hint="Export to .csv, or use a filter."
                )
            for at, value in enumerate(row):
                if value:
                    sheet.write_string(number, at, value[:_CELL])
            count += 1
    return count
