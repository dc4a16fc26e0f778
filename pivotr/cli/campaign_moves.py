"""`pivotr campaign start|pause|resume|abort|add|remove|remove-sender|settle`: who is written to, and when."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from pivotr.cli import campaign_options as options
from pivotr.cli.campaign_checks import GLANCE
from pivotr.cli.context import Yes, YesInProduction, actor, confirm, console, services


def register_moves(app: typer.Typer) -> None:
    """Add the commands to the noun."""
    for name, command in (
        ("start", start),
        ("pause", pause),
        ("resume", resume),
        ("abort", abort),
        ("add", add),
        ("remove", remove),
        ("remove-sender", remove_sender),
        ("settle", settle),
    ):
        app.command(name)(command)


def start(
    key: options.Key,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="The reason for which the guard stopped is mended.")
    ] = False,
    yes: YesInProduction = False,
) -> None:
    """Begin. Returns at once; `pivotr run` does the sending."""
    from pivotr.cli import campaign_views

    campaign = options.find(key)
    _ask_in_production(f"Start “{campaign.name}”?", yes=yes)
    is_draft = campaign.status == "draft"
    warnings = services().readiness.check(campaign.id, limit=GLANCE).warnings if is_draft else ()
    started = services().transitions.start(campaign.id, actor=actor(), acknowledge=acknowledge)
    out = console()
    if out.wants_json:
        out.data(started)
        campaign_views.tell_warnings(warnings)
        return
    view = services().campaigns.show(started.id)
    campaign_views.tell_start(view, "has started", "first", warnings=warnings)


def pause(key: options.Key) -> None:
    """Stop claiming mails; the leads wait. Only what is on its way now may still leave."""
    campaign = services().transitions.pause(options.find(key).id, actor=actor())
    out = console()
    if out.wants_json:
        out.data(campaign)
        return
    out.success(f"“{campaign.name}” is paused. A mail that is on its way now may still leave.")
    out.note(f"Go on with: pivotr campaign resume {campaign.id}")


def resume(
    key: options.Key,
    acknowledge: Annotated[
        bool,
        typer.Option("--acknowledge", help="The reason for which the guard or provider stopped is mended."),
    ] = False,
    yes: YesInProduction = False,
) -> None:
    """Go on exactly where it stopped."""
    from pivotr.cli import campaign_views

    campaign = options.find(key)
    _ask_in_production(f"Resume “{campaign.name}”?", yes=yes)
    resumed = services().transitions.resume(campaign.id, actor=actor(), acknowledge=acknowledge)
    out = console()
    if out.wants_json:
        out.data(resumed)
        return
    campaign_views.tell_start(services().campaigns.show(resumed.id), "goes on", "next")


def abort(key: options.Key, yes: YesInProduction = False) -> None:
    """End for good; leads that wait are given back as they were before."""
    from pivotr.cli.campaign_views import soon

    campaign = options.find(key)
    _ask_in_production(f"End “{campaign.name}” for good?", yes=yes)
    aborted = services().transitions.abort(campaign.id, actor=actor())
    out = console()
    if out.wants_json:
        out.data(aborted)
        return
    out.success(f"“{aborted.name}” is aborted. A mail that is on its way now may still leave.")
    out.note(f"Its waiting leads are given back {soon('while')}.")


def add(key: options.Key) -> None:
    """Enrol who has joined its lists since the start; nobody is enrolled twice."""
    from pivotr.cli.campaign_views import soon

    campaign = services().campaigns.add(options.find(key).id)
    out = console()
    if out.wants_json:
        out.data(campaign)
        return
    out.success(f"“{campaign.name}” looks through its lists again {soon('while')}.")


def remove(
    key: options.Key,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS…", help="Leads to take out.")],
) -> None:
    """Take waiting leads out of a campaign."""
    from pivotr.domain.addresses import judge
    from pivotr.domain.leads import lead_id
    from pivotr.errors import NotFound

    campaign = options.find(key)
    secret = services().ports.secrets.lead
    ids = list(dict.fromkeys(lead_id(secret, judge(one).normalized or one) for one in addresses))
    count, claimed = services().campaigns.remove(campaign.id, ids, actor=actor())
    if not count and not claimed:
        raise NotFound(
            f"None of them waits in “{campaign.name}”.",
            hint=f"Ask where a lead is: pivotr campaign explain {campaign.id} ADDRESS",
        )
    out = console()
    if out.wants_json:
        out.data({"removed": count, "being_sent": [lead.email for lead in claimed]})
        return
    out.success(f"{count} of {len(ids)} taken out of “{campaign.name}”.")
    for lead in claimed:
        out.warn(f"The mail to {lead.email} is on its way now and may leave.")
    if count + len(claimed) < len(ids):
        out.note("The others do not wait in this campaign.")


def remove_sender(
    key: options.Key,
    address: Annotated[str, typer.Argument(metavar="SENDER", help="Its address.")],
    move_follow_ups: Annotated[
        bool, typer.Option("--move-follow-ups", help="Its sequences go on from the other mailboxes.")
    ] = False,
) -> None:
    """Take a mailbox out: its waiting leads go to the others, its sequences end unless they move."""
    campaign = options.find(key)
    left = services().campaigns.drop_sender(
        campaign.id, address, move_follow_ups=move_follow_ups, actor=actor()
    )
    out = console()
    if out.wants_json:
        out.data(left)
        return
    out.success(f"{address} sends nothing more for “{left.name}”. A mail that is on its way may still leave.")
    if len(left.steps) > 1 and move_follow_ups:
        out.warn("Follow-ups of people who know this mailbox now come from another one.")


def settle(
    key: options.Key,
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="Its address or id.")],
    *,
    as_: Annotated[
        Literal["sent", "failed", "again"],
        typer.Option("--as", help="It went out, it did not, or try again (it may then arrive twice)."),
    ],
    yes: Yes = False,
) -> None:
    """Say what became of a mail of which nobody knows whether it went out."""
    campaign = options.find(key)
    if as_ == "again":
        confirm(f"If the first mail to {lead} did go out, it arrives twice. Try again?", yes=yes)
    settled = services().settling.settle(campaign.id, lead, as_, actor=actor())
    out = console()
    if out.wants_json:
        out.data(settled)
        return
    out.success(f"{settled.email} is {settled.status} now.")


def _ask_in_production(question: str, *, yes: bool) -> None:
    if services().environment == "production":
        confirm(question, yes=yes)
