"""`pivotr sender`: the mailboxes that mails are sent from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pivotr.cli.context import actor, console, noun, services

if TYPE_CHECKING:
    from pivotr.domain.lanes import Lane
    from pivotr.domain.senders import Sender

app = noun("Mailboxes that mails are sent from.")

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Its address or id.")]
Name = Annotated[str | None, typer.Option(help="Name in the From line.")]
ReplyTo = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where answers go.")]
Signature = Annotated[str | None, typer.Option(help="What {{Signature}} stands for in a template.")]
SignatureFile = Annotated[Path | None, typer.Option(metavar="FILE", help="The same, from a file.")]
Cap = Annotated[int | None, typer.Option(metavar="N", help="Most mails a day (300).")]
Ramp = Annotated[
    str | None,
    typer.Option(metavar="20+10..80", help="Grow the cap: 20 on the first sending day, 10 more each, to 80."),
]
Gap = Annotated[
    str | None, typer.Option(metavar="60-180", help="Never send faster than this many seconds apart.")
]


Copies = Annotated[
    list[str] | None,
    typer.Option("--cc", metavar="ADDRESS", help="Gets a copy of every mail, and counts as one; repeat."),
]


@app.command("add")
def add(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help='"Acme Sales <sales@acme.example>"')],
    *,
    name: Name = None,
    reply_to: ReplyTo = None,
    signature: Signature = None,
    signature_file: SignatureFile = None,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Time zone of its day.")] = None,
    cap: Cap = None,
    ramp: Ramp = None,
    gap: Gap = None,
    cc: Copies = None,
) -> None:
    """Add a mailbox."""
    from email.utils import parseaddr

    from pivotr.domain.pacing import format_ramp
    from pivotr.domain.zones import zone_named

    written_name, plain_address = parseaddr(address)
    changes = _given(
        name=name or written_name or None,
        reply_to=reply_to,
        signature=signature,
        signature_file=signature_file,
        cap=cap,
        ramp=ramp,
        gap=gap,
        cc=cc,
    )
    if zone:
        changes["zone"] = zone_named(zone)
    sender = services().senders.add(plain_address or address, **changes)
    out = console()
    if out.wants_json:
        out.data(sender)
        return
    grows = f" (at first fewer, by the ramp {format_ramp(sender.ramp)})" if sender.ramp else ""
    out.success(f"{sender.address} is ready: up to {sender.cap} mails a day{grows}, days of {sender.zone}.")
    out.note("Next: pivotr leads import leads.csv --list NAME")


@app.command("list")
def list_() -> None:
    """All mailboxes, and what each is doing."""
    from pivotr.cli.words import lane_words

    found = services().senders.all()
    out = console()
    if out.wants_json:
        out.data([_as_data(sender, lane) for sender, lane in found])
        return
    if not found:
        out.note('No sender yet. Add one: pivotr sender add "Acme Sales <sales@acme.example>"')
        return
    now = services().ports.clock.now()
    out.table(
        ["address", "name", "today", "cap", "state"],
        [
            (sender.address, sender.name, _used(lane), _cap(lane), lane_words(lane, sender.zone, now))
            for sender, lane in found
        ],
    )


@app.command("show")
def show(address: Address) -> None:
    """One mailbox."""
    from pivotr.cli.words import lane_words
    from pivotr.domain.pacing import format_gap, format_ramp

    sender, lane = services().senders.find(address)
    out = console()
    if out.wants_json:
        out.data(_as_data(sender, lane))
        return
    now = services().ports.clock.now()
    out.facts(
        [
            ("address", sender.address),
            ("name", sender.name),
            ("id", sender.id),
            ("reply-to", sender.reply_to),
            ("copies to", ", ".join(sender.cc)),
            ("zone", sender.zone),
            ("cap", f"{_cap(lane)} mails a day"),
            ("ramp", format_ramp(sender.ramp)),
            ("gap", f"{format_gap(sender.gap)} s at least" if sender.gap else "the campaign's"),
            ("today", _used(lane)),
            ("campaigns", ", ".join(key for key, entry in sorted(lane.campaigns.items()) if entry.open)),
            ("state", lane_words(lane, sender.zone, now)),
        ]
    )
    if sender.signature:
        out.text("signature\n" + sender.signature)


@app.command("update")
def update(
    address: Address,
    *,
    name: Name = None,
    reply_to: ReplyTo = None,
    signature: Signature = None,
    signature_file: SignatureFile = None,
    cap: Cap = None,
    ramp: Ramp = None,
    gap: Gap = None,
    cc: Copies = None,
) -> None:
    """Change a mailbox; `none` takes ramp, gap or copies away. Its address stays for ever."""
    from pivotr.errors import InvalidInput

    changes = _given(
        name=name,
        reply_to=reply_to,
        signature=signature,
        signature_file=signature_file,
        cap=cap,
        ramp=ramp,
        gap=gap,
        cc=cc,
    )
    if not changes:
        raise InvalidInput("Nothing to change was given.", hint="For example: --cap 120")
    sender = services().senders.update(address, **changes)
    out = console()
    if out.wants_json:
        out.data(sender)
        return
    out.success(f"{sender.address} is changed.")


@app.command("pause")
def pause(address: Address) -> None:
    """Send nothing more from a mailbox, for any campaign; its leads wait."""
    sender = services().senders.pause(address)
    out = console()
    if out.wants_json:
        out.data(sender)
        return
    out.success(f"{sender.address} sends nothing more. A mail that is on its way now may still leave.")
    out.note(f"Go on with: pivotr sender resume {sender.address}")


@app.command("resume")
def resume(
    address: Address,
    acknowledge: Annotated[
        bool, typer.Option("--acknowledge", help="The reason of a stop is mended.")
    ] = False,
) -> None:
    """Send from a mailbox again."""
    sender = services().senders.resume(address, actor=actor(), acknowledge=acknowledge)
    out = console()
    if out.wants_json:
        out.data(sender)
        return
    out.success(f"{sender.address} sends again.")


def _given(
    *,
    name: str | None,
    reply_to: str | None,
    signature: str | None,
    signature_file: Path | None,
    cap: int | None,
    ramp: str | None,
    gap: str | None,
    cc: list[str] | None,
) -> dict[str, Any]:
    """The options that were given, as the service takes them."""
    from pivotr.cli.text_files import read_text
    from pivotr.domain.pacing import parse_gap, parse_ramp

    changes: dict[str, Any] = {"name": name, "reply_to": reply_to, "signature": signature, "cap": cap}
    if signature_file is not None:
        changes["signature"] = read_text(signature_file).rstrip()
    changes = {key: value for key, value in changes.items() if value is not None}
    if ramp is not None:
        changes["ramp"] = parse_ramp(ramp)
    if cc is not None:
        changes["cc"] = [] if [one.strip().lower() for one in cc] == ["none"] else cc
    if gap is not None:
        changes["gap"] = None if gap.strip().lower() == "none" else parse_gap(gap)
    return changes


def _used(lane: Lane) -> int:
    """Mails of the present day of the lane."""
    from pivotr.domain.instants import local_day

    return lane.used if lane.day == local_day(services().ports.clock.now(), lane.zone) else 0


def _cap(lane: Lane) -> int:
    """The cap that holds today."""
    from pivotr.domain.instants import local_day

    return lane.cap_on(local_day(services().ports.clock.now(), lane.zone))


def _as_data(sender: Sender, lane: Lane) -> dict[str, Any]:
    state = {
        "used_today": _used(lane),
        "cap_today": _cap(lane),
        "waits_for": lane.why,
        "next_at": lane.due_at,
    }
    gates = {"open": lane.open, "stopped": lane.stopped, "campaigns": sorted(lane.campaigns)}
    return {**sender.model_dump(mode="json"), **state, **gates}
