"""`pivotr logs`: what happened, entry by entry."""

from __future__ import annotations

from typing import Annotated

import typer

from pivotr.cli.context import console, noun, services
from pivotr.cli.logs_follow import register_follow

app = noun("What happened, entry by entry. Nothing in the log is ever changed.")


@app.command("show")
def show(
    *,
    lead: Annotated[str, typer.Option(metavar="ADDRESS", help="Everything about one lead.")] = "",
    campaign: Annotated[
        str, typer.Option(metavar="ID", help="Everything of a campaign; ALL is the account.")
    ] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From a day on, as 2026-11-24 (UTC).")] = "",
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="At most so many; 0 shows all.")] = 1000,
) -> None:
    """Entries, oldest first: at, what, by whom, why."""
    from pivotr.cli.campaign_options import find
    from pivotr.domain.instants import day_named
    from pivotr.errors import InvalidInput

    if bool(lead) == bool(campaign):
        raise InvalidInput(
            "Say whose log: one lead or one campaign.", hint="Use --lead ADDRESS or --campaign ID."
        )
    since = day_named(since) if since else ""
    if lead:
        found = services().logs.of_lead(lead)
        lines = [one for one in found if one.at >= since][: limit or None]
    else:
        start = since.replace("-", "") or None
        key = campaign if campaign == "ALL" else find(campaign).id
        some = services().logs.of_campaign(key, since=start, limit=limit or None)
        lines = sorted(some, key=lambda one: one.at)
    out = console()
    if out.wants_json:
        out.data(lines)
        return
    if not lines:
        out.note("Nothing has happened yet.")
        return
    out.table(
        ["at", "what", "by", "campaign" if lead else "lead"],
        [(one.at, one.sentence, one.actor, one.campaign if lead else one.email) for one in lines],
        spare=1,
    )
    if limit and len(lines) == limit:
        out.note(f"These are the first {limit:,}. See more: --since DAY, --limit 0, or pivotr logs export")


register_follow(app)
