"""`pivotr leads`: look at leads, add, correct, delete and stop them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pivotr.cli.context import Yes, actor, confirm, console, noun, services
from pivotr.cli.leads_checks import register_checks
from pivotr.cli.leads_export import register_export
from pivotr.cli.leads_import import register_import
from pivotr.cli.leads_imports import register_imports
from pivotr.cli.leads_staged import register_staged
from pivotr.cli.leads_verify import register_verify

if TYPE_CHECKING:
    from pivotr.domain.leads import Lead
    from pivotr.services.leads import LeadView

app = noun("Import, look at and change leads.")
register_import(app)
register_imports(app)
register_staged(app)

Key = Annotated[str, typer.Argument(metavar="ADDRESS", help="Its address or id.")]
Fields = Annotated[
    list[str] | None, typer.Option("--field", metavar="NAME=VALUE", help="A custom field; may be repeated.")
]


@app.command("list")
def list_(
    *,
    status: Annotated[str, typer.Option(metavar="STATE", help="Only these: new, queued, sent, …")] = "",
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Only members of a list.")] = "",
    domain: Annotated[str, typer.Option(metavar="DOMAIN", help="Only addresses of a domain.")] = "",
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="At most so many; 0 shows all.")] = 50,
) -> None:
    """Leads and their state."""
    from typing import get_args

    from pivotr.domain.leads import LeadStatus
    from pivotr.errors import InvalidInput

    if status and status not in get_args(LeadStatus):
        known = ", ".join(get_args(LeadStatus))
        raise InvalidInput(f"There is no state “{status}”.", hint=f"States are: {known}.")
    found = services().leads.find(status=status, list_name=list_name, domain=domain)
    leads = list(islice(found, limit + 1)) if limit else list(found)
    shown = leads[:limit] if limit else leads
    out = console()
    if out.wants_json:
        out.data([_as_data(lead) for lead in shown])
    elif shown:
        out.table(
            ["email", "first name", "name", "company", "status", "reason"],
            [
                (one.email, one.first_name, one.full_name, one.company, one.status, one.reason)
                for one in shown
            ],
            spare=1,
        )
    elif status or list_name or domain:
        out.note("No lead is like that. See all with: pivotr leads list")
    else:
        out.note("No lead. Import some: pivotr leads import leads.csv --list NAME")
    if len(leads) > len(shown):
        out.note("There are more: use --limit 0 for all.")


@app.command("show")
def show(
    key: Annotated[str, typer.Argument(metavar="ADDRESS", help="Its address or id, or a domain.")],
) -> None:
    """One lead, or those of a domain: did we write to them, when, from whom, what came back."""
    is_domain = key.startswith("@") or ("@" not in key and "." in key)
    views = services().leads.at_domain(key) if is_domain else [services().leads.show(key)]
    out = console()
    if out.wants_json:
        data = [_view_data(view) for view in views]
        out.data(data if is_domain else data[0])
        return
    for number, view in enumerate(views):
        if number:
            out.text("-" * 72)
        _draw(view, is_whole=not is_domain)
    if is_domain:
        out.note("All that is known of one of them: pivotr leads show ADDRESS")


@app.command("add")
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    *,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    first_name: Annotated[str, typer.Option(help="How to greet, where the name does not tell.")] = "",
    company: Annotated[str, typer.Option(help="Company.")] = "",
    list_name: Annotated[str, typer.Option("--list", metavar="NAME", help="Put it on a list.")] = "",
    tag: Annotated[list[str] | None, typer.Option(metavar="TAG", help="May be repeated.")] = None,
    type_: Annotated[
        Literal["cold", "warm", "hot"] | None, typer.Option("--type", help="cold, warm or hot.")
    ] = None,
    source: Annotated[str, typer.Option(help="Where the address comes from.")] = "by hand",
    basis: Annotated[str, typer.Option(help="Consent, or the lawful basis.")] = "",
    field: Fields = None,
) -> None:
    """Add one lead."""
    from pivotr.cli.line_files import assignments
    from pivotr.domain.intake import Origin

    lead = services().leads.add(
        address,
        list_name=list_name,
        full_name=name,
        first_name=first_name,
        company=company,
        fields=assignments(field, "--field"),
        origin=Origin(type_, frozenset(tag or ()), source, basis),
        actor=actor(),
    )
    out = console()
    if out.wants_json:
        out.data(_as_data(lead))
        return
    greeting = f"greeted as {lead.first_name}" if lead.first_name else "greeted without a name"
    out.success(f"{lead.email} is a lead now, {greeting}.")


@app.command("update")
def update(
    key: Key,
    *,
    name: Annotated[str | None, typer.Option("--full-name", help="Full name.")] = None,
    first_name: Annotated[str | None, typer.Option(help="How to greet; an empty text clears it.")] = None,
    company: Annotated[str | None, typer.Option(help="Company; an empty text clears it.")] = None,
    field: Fields = None,
) -> None:
    """Correct a lead. No import changes again what is corrected here."""
    from pivotr.cli.line_files import assignments

    lead = services().leads.update(
        key,
        full_name=name,
        first_name=first_name,
        company=company,
        fields=assignments(field, "--field"),
        actor=actor(),
    )
    out = console()
    if out.wants_json:
        out.data(_as_data(lead))
        return
    out.success(f"{lead.email} is corrected.")


@app.command("delete")
def delete(key: Key, yes: Yes = False) -> None:
    """Delete a lead. What campaigns have had it stays known, so that none writes to it twice."""
    lead = services().leads.get(key)
    confirm(f"Delete {lead.email or lead.id}?", yes=yes)
    gone = services().leads.delete(lead.id, actor=actor())
    out = console()
    if out.wants_json:
        out.data({"deleted": gone.email, "id": gone.id})
        return
    out.success(f"{gone.email} is deleted.")
    if gone.claim:
        out.note("A mail to it is being sent at this moment and may still arrive.")


@app.command("stop")
def stop(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why: replied, called, met …")] = "replied",
) -> None:
    """The person has answered: no further mail of any sequence."""
    lead = services().leads.stop(key, reason=reason, actor=actor())
    out = console()
    if out.wants_json:
        out.data(_as_data(lead))
        return
    out.success(f"{lead.email} gets nothing more.")
    out.note(f"Never write again, from no campaign: pivotr suppress add {lead.email}")


@app.command("erase")
def erase(key: Key, yes: Yes = False) -> None:
    """Forget a person: nothing in lead, log and lists tells any more who it was. Cannot be taken back."""
    from pivotr.cli.words import counted

    confirm(f"Erase everything about {key} for good?", yes=yes)
    done = services().erasing.erase(key, actor=actor())
    out = console()
    if out.wants_json:
        out.data(done)
        return
    out.success(f"{key} is erased, with {counted(done.entries, 'entry', 'entries')} of the log.")
    if done.is_suppressed:
        out.note("The suppression stays, without the address: nobody writes to it, from no campaign.")
    else:
        out.note(f"A later import could bring the person back. Prevent that: pivotr suppress add {key}")
    if done.is_open:
        out.warn("a mail is being sent at this moment. Erase again in a minute, for its entry of the log.")


register_export(app)
register_verify(app)
register_checks(app)


def _as_data(lead: Lead) -> dict[str, Any]:
    """A lead for `--json`; sets are sorted, so that the same lead always reads the same."""
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in lead.model_dump().items()
    }


def _view_data(view: LeadView) -> dict[str, Any]:
    mails = [mail.model_dump(mode="json") for mail in view.mails]
    suppression = view.suppression.model_dump(mode="json") if view.suppression else None
    return {**_as_data(view.lead), "lists": view.lists, "suppression": suppression, "mails": mails}


def _origin(lead: Lead) -> list[tuple[str, object]]:
    return [
        ("type", lead.type),
        ("tags", ", ".join(sorted(lead.tags))),
        ("source", lead.source),
        ("basis", lead.basis),
        ("import", lead.import_id + (f", line {lead.line}" if lead.line else "")),
        ("flags", ", ".join(sorted(lead.flags))),
        ("verdict", f"{lead.verdict}, {lead.verified_at}" if lead.verdict else ""),
        *((f"field {name}", value) for name, value in sorted(lead.fields.items())),
    ]


def _draw(view: LeadView, *, is_whole: bool) -> None:
    """One lead: who it is and its mails; the whole of it also tells where it comes from and its fields."""
    lead, out = view.lead, console()
    suppressed = f"{view.suppression.reason}, {view.suppression.at}" if view.suppression else ""
    out.facts(
        [
            ("email", lead.email),
            ("id", lead.id if is_whole else ""),
            ("name", lead.full_name),
            ("greeting", lead.first_name or "(none is safe)"),
            ("company", lead.company),
            ("status", lead.status + (f": {lead.reason}" if lead.reason else "")),
            ("campaign", lead.campaign),
            ("suppressed", suppressed),
            ("lists", ", ".join(view.lists)),
            *(_origin(lead) if is_whole else ()),
            ("mails", "" if view.mails else "none so far"),
        ]
    )
    if view.mails:
        rows = [
            (
                one.at,
                one.campaign,
                one.step,
                f"{one.template} v{one.version}" if one.template else "",
                one.sender,
                one.outcome,
                ", ".join(kind for kind, _ in one.events),
            )
            for one in view.mails
        ]
        out.text()
        out.table(["at", "campaign", "mail", "template", "from", "outcome", "came back"], rows)
