"""`pivotr campaign watch`: one campaign as it goes on, drawn anew on a terminal, else a line a change."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli import campaign_options as options
from pivotr.cli.context import console, services

if TYPE_CHECKING:
    from datetime import datetime

    from pivotr.services.campaigns import CampaignView

#: Newest entries of the log below the figures, and how far back they are looked for.
_ENTRIES = 6
_BACK = timedelta(hours=1)


def register_watch(app: typer.Typer) -> None:
    """Add the command to the noun."""
    app.command("watch")(watch)


def watch(
    key: options.Key,
    for_seconds: Annotated[
        float | None, typer.Option("--for", metavar="SECONDS", min=0, help="Leave after so long.")
    ] = None,
) -> None:
    """Watch a campaign until it is over or Ctrl-C comes; with --json one line for each change."""
    from pivotr.cli.signals import looks, told_on_interrupt

    campaign = options.find(key)
    clock = services().ports.clock
    with told_on_interrupt("The campaign goes on without you."), ExitStack() as stack:
        screen = (
            stack.enter_context(_screen()) if console().is_terminal and not console().wants_json else None
        )
        told = ""
        for now in looks(clock.now, clock.sleep, for_seconds):
            view = services().campaigns.show(campaign.id)
            told = _show(view, now, screen, told)
            if view.campaign.status in ("completed", "aborted"):
                return


def _show(view: CampaignView, now: datetime, screen: Any, told: str) -> str:
    """Draw, or write a line where something has changed; returns what stands there now."""
    if screen is not None:
        screen.update(_drawn(view, now), refresh=True)
        return told
    out = console()
    if out.wants_json:
        from pivotr.cli.campaign_views import as_data
        from pivotr.cli.line_files import json_line

        line = json_line(as_data(view), out.stdout.encoding)
    else:
        line = _line(view)
    if line != told:
        out.text(line if out.wants_json else f"{now:%Y-%m-%dT%H:%M:%SZ} {line}")
        out.stdout.flush()
    return line


def _line(view: CampaignView) -> str:
    from pivotr.cli.campaign_views import FUNNEL, waiting

    counts = [f"{view.totals[name]} {word}" for name, word in FUNNEL.items() if view.totals.get(name)]
    return ", ".join([_status(view), *counts, f"{waiting(view)} waiting"])


def _status(view: CampaignView) -> str:
    return view.campaign.status + (f" ({view.campaign.reason})" if view.campaign.reason else "")


def _screen() -> Any:
    from rich.console import Console as Terminal
    from rich.live import Live

    return Live(console=Terminal(file=console().stdout, highlight=False), auto_refresh=False)


def _drawn(view: CampaignView, now: datetime) -> Any:
    from rich.console import Group
    from rich.text import Text

    from pivotr.cli.campaign_views import FUNNEL, is_driven, waiting
    from pivotr.cli.console import drawn
    from pivotr.cli.texts import plain
    from pivotr.cli.words import lane_words
    from pivotr.domain.instants import to_compact

    campaign = view.campaign
    rows = [(word, view.totals[name]) for name, word in FUNNEL.items() if view.totals.get(name)]
    parts: list[Any] = [
        Text(plain(f"{campaign.name}: {_status(view)}")),
        drawn(["leads", "count"], [*rows, ("waiting", waiting(view))]),
    ]
    if campaign.is_live:
        lanes = [(one.address, lane_words(lane, campaign.zone, now, campaign)) for one, lane in view.senders]
        parts.append(drawn(["sender", "state"], lanes))
    lately = services().logs.of_campaign(campaign.id, since=to_compact(now - _BACK))
    if newest := sorted(lately, key=lambda line: line.at)[-_ENTRIES:]:
        parts.append(drawn(["at (UTC)", "what"], [(line.at[11:19], line.sentence) for line in newest]))
    if campaign.status == "running" and not is_driven():
        parts.append(Text("Nothing leaves now: start `pivotr run`."))
    if campaign.is_live:
        parts.append(Text("Ctrl-C leaves; the campaign goes on."))
    return Group(*parts)
