"""`pivotr leads parse-name|check-email`: what the rules say about a name or an address; nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pivotr.cli.context import console

_File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="One a line; - is stdin.")]


def register_checks(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("parse-name")(parse_names)
    app.command("check-email")(check_emails)


def parse_names(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME...", help="Full names, quoted.")] = None,
    file: _File = None,
) -> None:
    """By which name a person would be greeted, how sure that is, and why. --json: a line for each."""
    from pivotr.cli.line_files import values_of, write_json
    from pivotr.domain.person_names import parse_name

    out = console()
    rows = ((name, parse_name(name)) for name in values_of(names, file, "name"))
    if out.wants_json:
        for name, parsed in rows:
            write_json(
                out,
                {
                    "name": name,
                    "first_name": parsed.first_name,
                    "confidence": parsed.confidence,
                    "why": parsed.why,
                },
            )
        return
    out.table(
        ["name", "first name", "confidence", "why"],
        [(name, one.first_name or "", f"{one.confidence:.2f}", one.why) for name, one in rows],
    )


def check_emails(
    addresses: Annotated[list[str] | None, typer.Argument(metavar="ADDRESS...")] = None,
    file: _File = None,
) -> None:
    """Whether an address could be mailed at all, and its normal form. Exit code 0 also for invalid ones.

    --json: a line for each.
    """
    from pivotr.cli.line_files import values_of, write_json
    from pivotr.domain.address_flags import suggestion
    from pivotr.domain.addresses import judge

    out = console()
    rows = ((address, judge(address)) for address in values_of(addresses, file, "address"))
    if out.wants_json:
        for address, one in rows:
            write_json(
                out,
                {
                    "address": address,
                    "verdict": one.verdict,
                    "normalized": one.normalized,
                    "reason": one.reason or _meant(suggestion(one.normalized)),
                },
            )
        return
    out.table(
        ["address", "verdict", "normalized", "reason"],
        [
            (address, one.verdict, one.normalized, one.reason or _meant(suggestion(one.normalized)))
            for address, one in rows
        ],
    )


def _meant(suggestion: str) -> str:
    return f"perhaps {suggestion} was meant" if suggestion else ""
