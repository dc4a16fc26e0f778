"""`pivotr metrics`: counters of the account and of campaigns, and their audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pivotr.cli.campaign_options import find
from pivotr.cli.context import console, noun, services

app = noun("Counters of the account and of campaigns.")


@app.command("show")
def show(
    *,
    campaign: Annotated[str, typer.Option(metavar="ID", help="One campaign.")] = "",
    since: Annotated[str, typer.Option(metavar="DAY", help="From a day on, as 2026-11-24.")] = "",
    by: Annotated[
        str, typer.Option(metavar="GROUP", help="day, campaign, sender, domain, list or step.")
    ] = "",
    csv: Annotated[bool, typer.Option("--csv", help="The funnel as CSV on stdout.")] = False,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The funnel as a chart; needs pivotr[charts].")
    ] = None,
) -> None:
    """How far everything is, with rates against the guard's lines, and how healthy the account."""
    from pivotr.cli import metrics_views as views
    from pivotr.domain.funnels import GROUPS
    from pivotr.errors import InvalidInput

    if by and by not in GROUPS:
        raise InvalidInput(f"Nothing is counted by “{by}”.", hint=f"Use one of: {', '.join(GROUPS)}.")
    out = console()
    forms = [
        form for form, is_wanted in (("--csv", csv), ("--png", png), ("--json", out.wants_json)) if is_wanted
    ]
    if len(forms) > 1:
        raise InvalidInput(f"{' and '.join(forms)} exclude each other.", hint="Ask for one form at a time.")
    key = find(campaign).id if campaign else ""
    is_plain = not (by or csv or png or since)
    if is_plain and out.wants_json:
        out.data(services().metrics.campaign(key) if key else services().metrics.account())
        return
    group: Any = by or ("day" if key else "campaign")
    if png is not None:
        from pivotr.cli.metrics_chart import check_extra

        check_extra()
    funnel = services().metrics.funnel(group, campaign=key, since=since)
    if png is not None:
        from pivotr.cli.metrics_chart import draw

        draw(funnel, png)
        out.success(f"{png} is written.")
        return
    if csv:
        views.write_csv(out, funnel)
    elif out.wants_json:
        out.data(funnel)
    else:
        if is_plain and not key:
            views.show_account(out, services().metrics.account())
        elif is_plain:
            views.show_campaign(out, services().metrics.campaign(key))
        views.show_funnel(out, funnel)


@app.command("audit")
def audit(
    campaign: Annotated[str, typer.Option(metavar="ID", help="Only this one.")] = "",
) -> None:
    """Recount campaigns from log and leads. Exit code 1 where a counter differs."""
    keys = [find(campaign).id] if campaign else [one.id for one in services().campaigns.all()]
    reports = [services().metrics.audit(key) for key in keys]
    out = console()
    if out.wants_json:
        out.data([{**one.model_dump(mode="json"), "agrees": one.agrees} for one in reports])
    else:
        for one in reports:
            verdict = "all counters agree" if one.agrees else f"{len(one.differences)} counters differ"
            out.text(f"{one.campaign}: {verdict} ({one.entries} entries, {one.leads} leads)")
            if not one.agrees:
                out.table(
                    ["day", "counter", "stored", "recounted"],
                    [(diff.day, diff.counter, diff.stored, diff.recounted) for diff in one.differences],
                )
        if not reports:
            out.note("No campaign yet.")
    if not all(one.agrees for one in reports):
        raise typer.Exit(1)
