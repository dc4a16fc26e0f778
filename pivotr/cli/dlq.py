"""`pivotr dlq`: records that failed too often."""

from __future__ import annotations

from typing import Annotated

import typer

from pivotr.cli.context import Yes, confirm, console, noun, services

app = noun("Records that failed too often: look at them, put them back, throw them away.")

Queue = Annotated[str, typer.Argument(metavar="QUEUE", help="As `pivotr dlq list` names it.")]


@app.command("list")
def list_() -> None:
    """Every queue, and how many dead letters it has."""
    found = services().dead_letters.all()
    out = console()
    if out.wants_json:
        out.data([{"queue": one.name, "waiting": one.depth.waiting, "delayed": one.depth.delayed,
                   "in_flight": one.depth.in_flight, "dead": one.dead.waiting + one.dead.in_flight}
                  for one in found])  # fmt: skip
        return
    out.table(
        ["queue", "waiting", "delayed", "in flight", "dead"],
        [
            (
                one.name,
                one.depth.waiting,
                one.depth.delayed,
                one.depth.in_flight,
                one.dead.waiting + one.dead.in_flight,
            )
            for one in found
        ],
    )


@app.command("peek")
def peek(
    queue: Queue,
    count: Annotated[int, typer.Option("--count", metavar="N", help="At most so many.")] = 10,
) -> None:
    """Look at dead letters; they stay where they are."""
    found = services().dead_letters.peek(queue, limit=count)
    out = console()
    if out.wants_json:
        out.data(found)
        return
    if not found:
        out.note("There is none.")
        return
    out.table(["id", "body"], [(one.id, one.body) for one in found])


@app.command("redrive")
def redrive(
    queue: Queue,
    count: Annotated[int | None, typer.Option("--count", metavar="N", help="Only so many.")] = None,
) -> None:
    """Put dead letters back as they are. Old jobs find out by themselves that their turn is over."""
    moved = services().dead_letters.redrive(queue, count=count)
    out = console()
    if out.wants_json:
        out.data({"queue": queue, "redriven": moved})
        return
    out.success(f"{moved} put back.")


@app.command("purge")
def purge(queue: Queue, yes: Yes = False) -> None:
    """Throw the dead letters of a queue away."""
    if not services().dead_letters.peek(queue, limit=1):
        count = 0
    else:
        confirm(f"Throw all dead letters of {queue} away?", yes=yes)
        count = services().dead_letters.purge(queue)
    out = console()
    if out.wants_json:
        out.data({"queue": queue, "purged": count})
        return
    out.success(f"{count} thrown away.")
