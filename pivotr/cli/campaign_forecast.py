"""`pivotr campaign forecast|explain`: what is to be expected of a campaign, and why a lead is where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli import campaign_options as options
from pivotr.cli.context import console, services

if TYPE_CHECKING:
    from datetime import datetime

    from pivotr.domain.explanations import Explanation
    from pivotr.domain.forecast import Forecast

#: What limits a day → how it is told.
LIMITS = {
    "cap": "the campaign's daily cap",
    "sender cap": "the mailboxes' daily caps",
    "ramp": "the ramp of the mailboxes",
    "account cap": "the account's daily cap",
    "quota": "the provider's quota",
    "verifier rate": "the rate of the verifier",
    "window": "the hours of the window at this gap",
    "gap": "the gap between mails",
    "other campaigns": "other campaigns on the same mailboxes",
    "follow-ups": "nobody is due: the rest waits for follow-ups",
    "leads": "nothing: everybody has been written to",
}
_BAR = 32
_ASK = "pivotr campaign forecast ID, or: pivotr campaign forecast --leads 1000 --cap 80"


def register_forecast(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    app.command("forecast")(forecast)
    app.command("explain")(explain)


def forecast(
    key: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Its id or name; none with --leads.")
    ] = None,
    *,
    leads: Annotated[int | None, typer.Option(min=1, metavar="N", help="So many leads, no campaign.")] = None,
    cap: options.Cap = None,
    gap: options.Gap = None,
    window: options.Window = None,
    senders: Annotated[
        int | None, typer.Option(min=1, max=50, metavar="N", help="Mailboxes (with --leads; 1).")
    ] = None,
    ramp: Annotated[
        str | None, typer.Option(metavar="20+10..80", help="Ramp of each mailbox (with --leads).")
    ] = None,
    follow_up: Annotated[
        list[int] | None,
        typer.Option(
            "--follow-up", min=0, max=365, metavar="DAYS", help="Business days later (with --leads); repeat."
        ),
    ] = None,
    invalid: Annotated[
        float | None, typer.Option(min=0, max=100, metavar="PERCENT", help="Addresses that will be left out.")
    ] = None,
) -> None:
    """Day by day, when it ends, what it costs and what holds it back. Sends and changes nothing.

    With ID the campaign as it stands, or as it would be with another cap, gap or window.
    """
    from pivotr.domain.pacing import parse_gap, parse_ramp
    from pivotr.errors import InvalidInput

    if (key is None) == (leads is None):
        raise InvalidInput(
            "A forecast is about a campaign or about a number of leads.",
            hint=_ASK,
        )
    for option, value in (("--senders", senders), ("--ramp", ramp), ("--follow-up", follow_up)):
        if key is not None and value:
            raise InvalidInput(f"{option} goes with --leads: a campaign has its own.", hint=_ASK)
    share = None if invalid is None else invalid / 100
    if key is not None:
        found = services().forecasts.campaign(
            options.find(key).id,
            cap=cap,
            gap=parse_gap(gap) if gap else None,
            window=options.window_of(window) if window else None,
            invalid_share=share,
        )
    else:
        found = services().forecasts.figures(
            leads or 0,
            cap=options.DEFAULT_CAP if cap is None else cap,
            gap=parse_gap(gap or options.DEFAULT_GAP),
            window=options.window_of(window),
            senders=senders or 1,
            ramp=parse_ramp(ramp) if ramp else None,
            delays=tuple(follow_up or ()),
            invalid_share=share or 0.0,
        )
    if console().wants_json:
        console().data(_as_data(found))
        return
    _show(found)


def explain(
    key: options.Key,
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="Its address or id.")],
) -> None:
    """Why a lead is in its state, what happens next, and when."""
    found = services().explaining.explain(options.find(key).id, lead)
    if console().wants_json:
        console().data(found)
        return
    _tell(found)


def _as_data(found: Forecast) -> dict[str, Any]:
    from dataclasses import asdict

    data = asdict(found)
    data["cost"] |= {"total": found.cost.total, "per_thousand": found.cost.per_thousand}
    return data


def _show(found: Forecast) -> None:
    from pivotr.cli.words import counted

    out = console()
    out.facts(
        [
            ("leads", f"{found.leads:,}"),
            ("mails", f"{found.mails:,} on {counted(len(found.days), 'day')}"),
            ("left out", f"{found.skipped:,} by the verifier" if found.skipped else ""),
            ("first mail", _at(found.first_at, found.zone)),
            ("last mail", _band(found)),
            ("limited by", LIMITS[found.limit]),
            ("verifier", f"{found.credits:,} credits" if found.credits else "needs no credits"),
            ("AWS", f"${found.cost.total:,.2f}, ${found.cost.per_thousand:.3f} for 1,000 mails (us-east-1)"),
        ]
    )
    if found.stuck:
        out.warn(f"{found.stuck:,} leads belong to mailboxes that are paused or stopped; they only wait.")
    if not found.days:
        out.note("Nobody waits for a mail.")
        return
    out.text()
    most = max(day.mails for day in found.days)
    if out.is_terminal:
        rows: list[tuple[object, ...]] = [
            (day.day, day.mails, "█" * max(1, round(_BAR * day.mails / most)), day.limit)
            for day in found.days
        ]
        out.table(["day", "mails", "", "limited by"], rows)
        return
    out.table(["day", "mails", "limited by"], [(day.day, day.mails, day.limit) for day in found.days])


def _band(found: Forecast) -> str:
    if found.finish is None:
        return "not within ten years" if found.days else ""
    early, middle, late = (
        _at(instant, found.zone) for instant in (found.finish.early, found.finish.middle, found.finish.late)
    )
    return f"{middle} (1 in 10 before {early}, 1 in 10 after {late})"


def _at(instant: datetime | None, zone: str) -> str:
    from pivotr.domain.zones import zone_of

    if instant is None:
        return ""
    local = instant.astimezone(zone_of(zone))
    return f"{local:%a} {local.day} {local:%b %Y %H:%M}"


def _tell(found: Explanation) -> None:
    out = console()
    out.facts([("lead", found.email or found.lead), ("state", found.status)])
    for title, sentences in (("Why", found.why), ("Next", found.next)):
        if sentences:
            out.text(f"\n{title}")
            for sentence in sentences:
                out.sentence(sentence, 2)
    if found.events:
        out.text()
        out.table(
            ["at (UTC)", "what", "mail", "detail"],
            [(event.at, event.kind, event.step or "", event.reason) for event in found.events],
        )
