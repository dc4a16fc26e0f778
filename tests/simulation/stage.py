"""Small worlds in which one rule is played, and ways to let something happen between a read and its write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pivotr import names
from pivotr.domain.instants import to_text
from pivotr.domain.jobs import SendJob, VerifyJob
from pivotr.domain.lanes import Lane
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.senders import sender_id
from pivotr.ports.mailer import Mail
from pivotr.ports.table import Change, Condition, Item, Key, Page, Put, Update, Write
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads
from tests.simulation.faults import Crash
from tests.simulation.world import LEAD_KEY, World

SALES = "sales@acme.example"
OTHER = "other@acme.example"


def staged(
    count: int = 2,
    *,
    start: str = "2026-11-23T04:05:00+00:00",
    senders: Sequence[str] = (SALES,),
    steps: Sequence[str] = ("intro",),
    gap: str = "0",
    window: str = "always",
    settings: dict[str, Any] | None = None,
    sender: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[World, str]:
    """A campaign that has just been started: everybody is enrolled and no turn has been taken."""
    world = World(start, announces=False)
    for key, value in (settings or {}).items():
        world.setting(key, value)
    for address in senders:
        world.sender(address, **(sender or {}))
    world.template()
    world.template("nudge", "unused", "And again, {{FirstName|there}}.\n")
    world.leads(count)
    campaign = world.campaign(
        senders=tuple(senders), steps=tuple(steps), gap=gap, window=window, **options
    )  # fmt: skip
    begin(world, campaign)
    return world, campaign


def second(world: World, count: int = 2, *, begun: bool = True, **options: Any) -> str:
    """Another campaign for other people on the same mailboxes."""
    world.leads(count, list_name="holi", prefix="q")
    values = {"lists": ("holi",), "gap": "0", "window": "always", **options}
    campaign = world.campaign("Holi", **values)
    if begun:
        begin(world, campaign)
    return campaign


def begin(world: World, campaign: str) -> None:
    """Start a campaign and enrol its audience."""
    world.services.transitions.start(campaign)
    world.beat()


def key_of(number: int = 0, prefix: str = "p") -> str:
    """The id of a lead that `World.leads` made."""
    return lead_id(LEAD_KEY, f"{prefix}{number:04d}@x.example")


def person(world: World, number: int = 0, prefix: str = "p") -> Lead:
    """A lead as it is stored now."""
    found = Leads(world.table).get(key_of(number, prefix), consistent=True)
    assert found is not None
    return found


def lane(world: World, address: str = SALES) -> Lane:
    """The lane of a mailbox as it is stored now."""
    found = Lanes(world.table).get(sender_id(address), consistent=True)
    assert found is not None
    return found


def send_job(world: World, campaign: str, lead: Lead, *, sender: str = SALES, step: int = 1) -> SendJob:
    """The job of the mailbox's present turn."""
    now = to_text(world.clock.now())
    return SendJob(
        sender=sender_id(sender), ticket=lane(world, sender).ticket, campaign=campaign, lead=lead.id,
        step=step, verdict="valid", verified_at=now,
    )  # fmt: skip


def verify_job(world: World, campaign: str, *, sender: str = SALES) -> VerifyJob:
    """The job that looks for the next lead of the mailbox's present turn."""
    return VerifyJob(sender=sender_id(sender), ticket=lane(world, sender).ticket, campaign=campaign)


def send(world: World, campaign: str, lead: Lead, *, sender: str = SALES, step: int = 1) -> str:
    """One invocation of send-email in a process of its own."""
    return world.connect().sending.send(send_job(world, campaign, lead, sender=sender, step=step))


def is_claim(writes: Sequence[Write]) -> bool:
    """True for the transaction that claims a lead."""
    return any(
        isinstance(write, Update) and write.table == names.LEADS and "claim" in write.change.set
        for write in writes
    )


def is_logging(kind: str) -> Callable[[Sequence[Write]], bool]:
    """Picks the transaction that writes a log entry of a kind."""

    def meant(writes: Sequence[Write]) -> bool:
        return any(isinstance(write, Put) and write.item.get("kind") == kind for write in writes)

    return meant


def is_park(writes: Sequence[Write]) -> bool:
    """True for the write that lays a lane to rest."""
    return any(
        isinstance(write, Update) and write.table == names.SENDERS and write.change.set.get("why") is not None
        and len(writes) == 1
        for write in writes
    )  # fmt: skip


def meanwhile(
    world: World, is_meant: Callable[[Sequence[Write]], bool], action: Callable[[], object]
) -> list[bool]:
    """Let `action` happen after all reads, just before the first write that is meant; tells when it did."""
    transact, update = world.table.transact, world.table.update
    happened: list[bool] = []

    def once(writes: Sequence[Write]) -> None:
        if not happened and is_meant(writes):
            happened.append(True)
            action()

    def transact_later(writes: Sequence[Write], *, token: str = "") -> None:
        once(writes)
        transact(writes, token=token)

    def update_later(table: str, key: Key, change: Change, *, condition: Condition | None = None) -> Item:
        once([Update(table, key, change, condition)])
        item: Item = update(table, key, change, condition=condition)
        return item

    world.table.transact, world.table.update = transact_later, update_later
    return happened


@contextmanager
def stale(world: World, *old: tuple[str, Item]) -> Iterator[None]:
    """Reads that are not consistent show these items as they were."""
    get_many = world.table.get_many
    known = {(table, (item["id"],)): item for table, item in old}

    def read(keys: Sequence[tuple[str, Key]], *, consistent: bool = False) -> list[Item | None]:
        found = get_many(keys, consistent=consistent)
        if consistent:
            return list(found)
        return [known.get(key, item) for key, item in zip(keys, found, strict=True)]

    world.table.get_many = read
    try:
        yield
    finally:
        world.table.get_many = get_many


@contextmanager
def index_behind(world: World) -> Iterator[None]:
    """The index of the queues shows nobody: it is eventually consistent, and that may take its time."""
    query = world.table.query

    def read(table: str, partition: str, **more: Any) -> Page:
        found: Page = query(table, partition, **more)
        return Page([], None) if table == names.LEADS else found

    world.table.query = read
    try:
        yield
    finally:
        world.table.query = query


def emptied(world: World) -> None:
    """All jobs of the sending loop are lost."""
    for queue in (names.VERIFICATION_QUEUE.name, names.SENDING_QUEUE.name):
        while found := world.queues.receive(queue, limit=10):
            for record in found:
                world.queues.delete(queue, record.receipt)


def stored(world: World, lead: Lead) -> Item:
    """A lead's item as it is now, to be shown later as a stale read."""
    found: Item = world.table.get(names.LEADS, (lead.id,))
    return found


def dies_after_acceptance(world: World) -> None:
    """From now on the provider takes a mail and the process dies before it can record that."""

    def take_and_die(mail: Mail) -> None:
        world.provider.answers = lambda later: None
        world.provider.accept(mail)
        raise Crash

    world.provider.answers = take_and_die


def dying(work: Callable[[], object]) -> None:
    """Run something that ends in a crash."""
    try:
        work()
    except Crash:
        return
    raise AssertionError("the process was to die here")


def later(world: World, **span: float) -> None:
    """Let time pass in which nothing runs."""
    world.clock.instant += timedelta(**span)


def mails_to(world: World, lead: Lead) -> int:
    """Mails that the provider took for a lead."""
    return sum(posted.tags["lead"] == lead.id for posted in world.provider.posted)


def entries(world: World, kind: str) -> list[Item]:
    """Log entries of a kind."""
    return [entry for entry in world.items(names.LOGS) if entry["kind"] == kind]
