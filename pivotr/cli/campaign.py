"""`pivotr campaign`: create, look at, change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pivotr.cli import campaign_options as options
from pivotr.cli.campaign_checks import register_checks
from pivotr.cli.campaign_forecast import register_forecast
from pivotr.cli.campaign_moves import register_moves
from pivotr.cli.campaign_watch import register_watch
from pivotr.cli.context import actor, console, noun, services

app = noun("Create, start, watch and stop campaigns.")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    template: options.Template,
    sender: options.Senders,
    list_: options.Lists,
    step: options.Steps = None,
    window: options.Window = None,
    cap: options.Cap = None,
    gap: options.Gap = None,
    catch_all: options.CatchAll = None,
    unknown: options.Unknown = None,
    role: options.Role = None,
    disposable: options.Disposable = None,
    not_mailed_within: options.NotMailed = None,
    domain_cap: options.DomainCap = None,
    tag: options.Tags = None,
    type_: options.Types = None,
    status: options.Statuses = None,
    verdict: options.Verdicts = None,
    source: options.Sources = None,
    basis: options.Bases = None,
    import_: options.Imports = None,
    exclude_mailed_within: options.ExcludeMailed = None,
) -> None:
    """A new draft. Nothing is sent before it is started."""
    from pivotr.domain.pacing import parse_gap
    from pivotr.domain.verification import Policy

    filters = options.filters_of(
        tags=tag,
        types=type_,
        statuses=status,
        verdicts=verdict,
        sources=source,
        bases=basis,
        imports=import_,
        exclude_mailed_within=exclude_mailed_within,
    )
    campaign = services().campaigns.create(
        name,
        steps=options.steps_of(template, step or ()),
        senders=sender,
        lists=list_,
        window=options.window_of(window),
        gap=parse_gap(gap or options.DEFAULT_GAP),
        cap=options.DEFAULT_CAP if cap is None else cap,
        filters=filters,
        policy=options.policy_of(
            Policy(), catch_all=catch_all, unknown=unknown, role=role, disposable=disposable
        ),
        not_mailed_within_days=not_mailed_within or 0,
        domain_cap=domain_cap or 0,
        actor=actor(),
    )
    out = console()
    if out.wants_json:
        out.data(campaign)
        return
    out.success(f"“{campaign.name}” is a draft now. Its id:")
    out.text(campaign.id)
    out.note(f"Look first: pivotr campaign preview {campaign.id}")
    out.note(f"Then:       pivotr campaign start {campaign.id}")


@app.command("list")
def list_() -> None:
    """All campaigns, newest first."""
    from pivotr.cli.campaign_views import waiting

    views = [services().campaigns.show(one.id) for one in services().campaigns.all()]
    out = console()
    if out.wants_json:
        out.data([{**view.campaign.model_dump(mode="json"), "totals": view.totals} for view in views])
        return
    if not views:
        out.note("No campaign yet. Make one: pivotr campaign create NAME --template … --sender … --list …")
        return
    out.table(
        ["id", "name", "status", "enrolled", "waiting", "sent", "bounced", "complained"],
        [
            (
                view.campaign.id,
                view.campaign.name,
                view.campaign.status,
                view.totals["enrolled"],
                waiting(view),
                view.totals["sent"],
                view.totals["bounced"],
                view.totals["complained"],
            )
            for view in views
        ],
        spare=1,
    )


@app.command("show")
def show(key: options.Key) -> None:
    """One campaign: options, funnel, who was left out, what its lanes wait for."""
    from pivotr.cli import campaign_views

    view = services().campaigns.show(options.find(key).id)
    out = console()
    if out.wants_json:
        out.data(campaign_views.as_data(view))
        return
    campaign_views.show(view)
    if view.campaign.is_live:
        for remark in services().readiness.unproven():
            out.note(f"\n{remark.sentence}")


@app.command("preview")
def preview(
    key: options.Key,
    *,
    lead: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only the mail to this lead.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many leads.")] = 3,
    step: Annotated[int, typer.Option(min=1, metavar="N", help="Which mail of the sequence.")] = 1,
    eml: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the first mail, byte by byte, into a file.")
    ] = None,
) -> None:
    """What leads would get, exactly. Nothing is sent."""
    from pivotr.cli.mail_texts import readable
    from pivotr.cli.text_files import write_bytes

    mails = services().previews.campaign(options.find(key).id, lead, count, step=step)
    out = console()
    if eml is not None:
        write_bytes(eml, mails[0].data)
        out.success(f"{eml} holds the mail to {mails[0].to}.")
    if out.wants_json:
        out.data(mails)
        return
    for number, mail in enumerate(mails):
        if number:
            out.text("-" * 72)
        out.text(readable(mail.data))


@app.command("update")
def update(
    key: options.Key,
    *,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    template: Annotated[
        str | None, typer.Option(metavar="NAME", help="Template of the first mail, with all --step.")
    ] = None,
    step: options.Steps = None,
    window: options.Window = None,
    cap: options.Cap = None,
    gap: options.Gap = None,
    catch_all: options.CatchAll = None,
    unknown: options.Unknown = None,
    role: options.Role = None,
    disposable: options.Disposable = None,
    not_mailed_within: options.NotMailed = None,
    domain_cap: options.DomainCap = None,
) -> None:
    """Change a campaign that is not over; what runs goes on by the new rules."""
    from pivotr.domain.pacing import parse_gap
    from pivotr.errors import InvalidInput

    campaign = options.find(key)
    if step and template is None:
        raise InvalidInput(
            "The steps are changed together.", hint="Name the first with --template, then each --step."
        )
    if name is not None and not name.strip():
        raise InvalidInput("A campaign needs a name.", hint='For example: --name "Diwali outreach"')
    policy = options.policy_of(
        campaign.policy, catch_all=catch_all, unknown=unknown, role=role, disposable=disposable
    )
    changes: dict[str, Any] = {
        "name": name,
        "steps": options.steps_of(template, step or ()) if template else None,
        "window": options.window_of(window) if window else None,
        "cap": cap,
        "gap": parse_gap(gap) if gap else None,
        "policy": policy if policy != campaign.policy else None,
        "not_mailed_within_days": not_mailed_within,
        "domain_cap": domain_cap,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    if not changes:
        raise InvalidInput("Nothing to change was given.", hint="For example: --cap 120")
    updated = services().campaigns.update(campaign.id, actor=actor(), **changes)
    out = console()
    if out.wants_json:
        out.data(updated)
        return
    out.success(f"“{updated.name}” is changed.")


@app.command("clone")
def clone(key: options.Key, name: Annotated[str, typer.Option(help="Name of the new one.")] = "") -> None:
    """A new draft with the same audience, steps, senders and limits."""
    campaign = services().campaigns.clone(options.find(key).id, name, actor=actor())
    out = console()
    if out.wants_json:
        out.data(campaign)
        return
    out.success(f"“{campaign.name}” is a draft now. Its id:")
    out.text(campaign.id)
    out.note(f"Start it: pivotr campaign start {campaign.id}")


register_moves(app)
register_checks(app)
register_forecast(app)
register_watch(app)
