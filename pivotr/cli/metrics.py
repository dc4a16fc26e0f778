"""`pivotr metrics`: counters of the account and of campaigns, and their audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pivotr.cli.campaign_options import find
from pivotr.cli.context import console, noun, services

if TYPE_CHECKING:
    from pivotr.domain.reports import AccountMetrics, CampaignMetrics

app = noun("Counters of the account and of campaigns.")

_SHOWN = ("enrolled", "sent", "delivered", "bounced", "complained", "unsubscribed", "replied", "in_doubt")


@app.command("show")
def show(
    campaign: Annotated[str, typer.Option(metavar="ID", help="One campaign, day by day.")] = "",
) -> None:
    """How far everything is, and how healthy the account."""
    out = console()
    if campaign:
        one = services().metrics.campaign(find(campaign).id)
        if out.wants_json:
            out.data(one)
            return
        _draw_campaign(one)
        return
    account = services().metrics.account()
    if out.wants_json:
        out.data(account)
        return
    _draw_account(account)


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


def _draw_account(account: AccountMetrics) -> None:
    out = console()
    out.facts(
        [
            ("today", f"{account.day} ({account.zone})"),
            ("mails today", f"{account.used} of {account.limit}"),
            ("last 7 days", f"{account.week_used} mails, {account.week_bounced} bounced for good, "
             f"{account.week_complained} reported as spam"),
            ("health", ": ".join(filter(None, (account.health, account.health_reason)))),
            ("guard", account.guard_reason if account.guard_tripped else ""),
        ]
    )  # fmt: skip
    if account.campaigns:
        out.text()
        out.table(
            ["campaign", "state", *(name.replace("_", " ") for name in _SHOWN)],
            [
                (one.campaign, one.status, *(one.totals.get(name, 0) for name in _SHOWN))
                for one in account.campaigns
            ],
        )


def _draw_campaign(one: CampaignMetrics) -> None:
    out = console()
    out.facts([("campaign", f"{one.name} ({one.campaign})"), ("state", one.status)])
    out.facts([(name.replace("_", " "), count) for name, count in one.totals.items() if count])
    if one.days:
        names = [name for name in one.totals if any(name in day.counts for day in one.days)]
        out.text()
        out.table(
            ["day", *(name.replace("_", " ") for name in names)],
            [(day.day, *(day.counts.get(name, 0) for name in names)) for day in one.days],
        )
