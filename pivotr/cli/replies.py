"""`pivotr replies`: answers that a person has to read, and the mailbox that they come from."""

from __future__ import annotations

from typing import Annotated

import typer

from pivotr.cli.context import actor, console, noun, services

app = noun("Answers that a person has to read.")

Key = Annotated[str, typer.Argument(metavar="ID", help="As `replies list` shows it.")]


@app.command("list")
def list_() -> None:
    """Answers that wait: they may ask for no more mails, or nobody knows to which mail they belong."""
    found = services().replies.all()
    out = console()
    if out.wants_json:
        out.data(found)
        return
    if not found:
        out.note("No answer waits.")
        return
    out.table(
        ["id", "at", "from", "subject", "why"],
        [(one.id, one.at[:16].replace("T", " "), one.sender, one.subject[:60], one.why) for one in found],
    )
    out.note("Read one: pivotr replies show ID. Decide: pivotr replies settle ID --as unsubscribed")


@app.command("show")
def show(key: Key) -> None:
    """One of them, in its own words."""
    reply = services().replies.get(key)
    out = console()
    if out.wants_json:
        out.data(reply)
        return
    out.facts(
        [("from", reply.sender), ("subject", reply.subject), ("campaign", reply.campaign), ("why", reply.why)]
    )
    if reply.text:
        out.text()
        out.text(reply.text)


@app.command("settle")
def settle(
    key: Key,
    decision: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="WHAT",
            help="replied (ends the sequence), unsubscribed (never written to again) or nothing.",
        ),
    ],
) -> None:
    """Say what an answer meant; it is done at once, and the answer's text is deleted."""
    from pivotr.errors import InvalidInput

    if decision not in ("replied", "unsubscribed", "nothing"):
        raise InvalidInput(
            f"An answer cannot be settled as “{decision}”.", hint="Use replied, unsubscribed or nothing."
        )
    reply = services().replies.settle(key, decision, actor=actor())  # type: ignore[arg-type]
    out = console()
    if out.wants_json:
        out.data({"id": reply.id, "sender": reply.sender, "settled": decision})
        return
    said = {
        "replied": "gets nothing more of this sequence",
        "unsubscribed": "is never written to again, by any campaign",
        "nothing": "stays as it is",
    }[decision]
    out.success(f"{reply.sender} {said}.")


@app.command("check")
def check() -> None:
    """Look into the mailbox now, and do what the new mails say: also the test of its settings."""
    report = services().incoming.look()
    out = console()
    if out.wants_json:
        out.data(report)
        return
    out.success(
        f"The mailbox can be read: {report.mails} new " + ("mail." if report.mails == 1 else "mails.")
    )
    if report.outcomes:
        out.table(["became", "mails"], sorted(report.outcomes.items()))
    if report.has_more:
        out.note("There are more: look again.")
