"""`pivotr logs tail` and `export`: the log as it grows, and the log as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.context import console, services

if TYPE_CHECKING:
    from pivotr.domain.reports import LogLine

#: Entries of a mail stand under the instant of its claim, so that what comes later stands among older ones:
#: each look goes back some minutes, and one in so many goes back as far as events come late.
_NEAR_MINUTES = 20
_FAR_DAYS = 7
_FAR_EACH = 30
_COLUMNS = ("at", "campaign", "kind", "email", "sender", "step", "actor", "sentence")


def register_follow(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("tail")(tail)
    app.command("export")(export)


def tail(
    *,
    campaign: Annotated[
        str, typer.Option(metavar="ID", help="Only of this campaign; ALL is the account. Else both.")
    ] = "",
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, metavar="N", help="So many before.")] = 10,
    for_seconds: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Leave after so long.")
    ] = None,
) -> None:
    """The newest entries, then each new one as it comes, until Ctrl-C. With --json one line each."""
    from pivotr.cli.campaign_options import find
    from pivotr.cli.signals import looks, told_on_interrupt

    chosen = find(campaign).id if campaign and campaign != "ALL" else campaign
    clock = services().ports.clock
    seen: set[LogLine] = set()
    with told_on_interrupt("The log goes on without you."):
        for number, now in enumerate(looks(clock.now, clock.sleep, for_seconds)):
            is_far = number % _FAR_EACH == 0
            back = timedelta(days=_FAR_DAYS) if is_far else timedelta(minutes=_NEAR_MINUTES)
            new = [line for line in _since(chosen, now - back) if line not in seen]
            seen.update(new)
            _tell(new if number else new[max(0, len(new) - lines) :])


def export(
    *,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="As log.csv or log.jsonl; - is stdout.")
    ] = None,
    campaign: Annotated[
        str, typer.Option(metavar="ID", help="Only of this campaign; ALL is the account.")
    ] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From a day on, as 2026-11-24 (UTC).")] = "",
) -> None:
    """Write the whole log, or a campaign's, to a file. No cell of a CSV can be taken for a formula."""
    from pivotr.cli.campaign_options import find
    from pivotr.cli.line_files import write_json
    from pivotr.cli.text_files import whole_file
    from pivotr.cli.words import counted
    from pivotr.domain.instants import day_named
    from pivotr.errors import InvalidInput

    if out_file is None or (str(out_file) != "-" and out_file.suffix.lower() not in (".csv", ".jsonl")):
        raise InvalidInput(
            f"“{out_file}” is neither a .csv nor a .jsonl file." if out_file else "Where to?",
            hint="Name a file that ends in .csv or .jsonl: pivotr logs export --out log.csv",
        )
    keys = [find(campaign).id if campaign != "ALL" else "ALL"] if campaign else _all()
    day = day_named(since).replace("-", "") if since else None
    found = (line for key in keys for line in services().logs.of_campaign(key, since=day))
    if str(out_file) == "-":
        for line in found:
            write_json(console(), line.model_dump(mode="json"))
        return
    count = 0
    with whole_file(out_file) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        is_csv = out_file.suffix.lower() == ".csv"
        for text in _as_csv(found) if is_csv else _as_jsonl(found):
            file.write(text)
            count += 1
    entries = count - is_csv
    if console().wants_json:
        console().data({"file": str(out_file), "entries": entries})
    else:
        console().success(f"{out_file} holds {counted(entries, 'entry', 'entries')}.")


def _all() -> list[str]:
    return ["ALL", *(one.id for one in reversed(services().campaigns.all()))]


def _since(campaign: str, instant: datetime) -> list[LogLine]:
    """Entries of a campaign, or of the account and each campaign of these days, oldest first."""
    from pivotr.domain.instants import to_compact, to_text

    recent = to_text(instant - timedelta(days=_FAR_DAYS))
    keys = [campaign] if campaign else ["ALL"]
    if not campaign:
        keys += [
            one.id
            for one in services().campaigns.all()
            if one.is_live or max(one.created_at, one.ended_at) >= recent
        ]
    found = [line for key in keys for line in services().logs.of_campaign(key, since=to_compact(instant))]
    return sorted(found, key=lambda line: line.at)


def _tell(lines: Iterable[LogLine]) -> None:
    from pivotr.cli.line_files import write_json

    out = console()
    for line in lines:
        if out.wants_json:
            write_json(out, line.model_dump(mode="json"))
        else:
            out.sentence("  ".join(part for part in (line.at, line.campaign, line.sentence) if part))
    out.stdout.flush()


def _as_jsonl(lines: Iterable[LogLine]) -> Iterator[str]:
    from pivotr.cli.line_files import json_line

    for line in lines:
        yield json_line(line.model_dump(mode="json")) + "\n"


def _as_csv(lines: Iterable[LogLine]) -> Iterator[str]:
    from pivotr.domain.exports import csv_line, neutral

    yield csv_line(_COLUMNS)
    for line in lines:
        yield csv_line([neutral(str(getattr(line, name) or "")) for name in _COLUMNS])
