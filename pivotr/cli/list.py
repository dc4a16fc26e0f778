"""`pivotr list`: the lists of leads."""

from __future__ import annotations

from typing import Annotated

import typer

from pivotr.cli.context import Yes, actor, confirm, console, noun, services

app = noun("Lists of leads. An import makes them: pivotr leads import leads.csv --list NAME")


@app.command("list")
def list_(
    exact: Annotated[
        bool, typer.Option("--exact", help="Count all leads of lists with more than 10,000.")
    ] = False,
) -> None:
    """All lists and how many leads each has."""
    sizes = services().lists.all(is_exact=exact)
    out = console()
    if out.wants_json:
        out.data([{"name": one.name, "leads": one.members, "is_whole": one.is_whole} for one in sizes])
        return
    if not sizes:
        out.note("No list yet. Make one: pivotr leads import leads.csv --list NAME")
        return
    counts = [(one.name, one.members if one.is_whole else f"{one.members}+") for one in sizes]
    out.table(["list", "leads"], counts)
    if not all(one.is_whole for one in sizes):
        out.note("A list with a + has more. Count them all: pivotr list list --exact")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    limit: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Leads on a page.")] = 100,
    cursor: Annotated[str, typer.Option(metavar="TEXT", help="Where the page before ended.")] = "",
) -> None:
    """The leads of a list and their state."""
    page = services().lists.show(name, limit=limit, cursor=cursor)
    out = console()
    if out.wants_json:
        out.data({"name": page.name, "members": page.members, "cursor": page.cursor})
        return
    out.table(
        ["email", "name", "company", "status", "reason"],
        [(lead.email, lead.full_name, lead.company, lead.status, lead.reason) for lead in page.members],
    )
    if page.cursor:
        out.note(f"There are more: pivotr list show {page.name} --limit {limit} --cursor {page.cursor}")


@app.command("rename")
def rename(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    to: Annotated[str, typer.Argument(metavar="NEW-NAME")],
) -> None:
    """Give a list another name. Its members, imports and figures go along."""
    from pivotr.cli.words import counted

    count = services().list_changes.rename(name, to, actor=actor())
    out = console()
    if out.wants_json:
        out.data({"name": to.strip().lower(), "leads": count})
        return
    out.success(f"“{name}” is “{to.strip().lower()}” now, with {counted(count, 'lead')}.")


@app.command("delete")
def delete(name: Annotated[str, typer.Argument(metavar="NAME")], yes: Yes = False) -> None:
    """Take all leads off a list. The leads stay, and who is suppressed stays so."""
    from pivotr.cli.words import counted

    found = services().lists.show(name, limit=1)
    confirm(f"Delete the list “{found.name}”? Its leads stay.", yes=yes)
    count = services().list_changes.delete(found.name, actor=actor())
    out = console()
    if out.wants_json:
        out.data({"name": found.name, "leads": count})
        return
    stay = counted(count, "lead stays", "leads stay")
    out.success(f"The list “{found.name}” is gone; {stay}.")
