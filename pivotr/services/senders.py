"""Mailboxes: add, change, open and shut. A sender is one address for ever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.instants import to_text
from pivotr.domain.jobs import VerifyJob
from pivotr.domain.lanes import Lane
from pivotr.domain.pacing import Gap, Ramp
from pivotr.domain.senders import MAX_COPIES, Sender, sender_id
from pivotr.domain.texts import did_you_mean
from pivotr.errors import Changed, Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.queues import Queues
from pivotr.ports.table import (
    Absent,
    Change,
    Either,
    Equals,
    Path,
    Put,
    Table,
    TransactionCancelled,
    Update,
    Write,
)
from pivotr.storage import lanes, log, transactions, turns
from pivotr.storage.codec import ramp_item
from pivotr.storage.lanes import Lanes
from pivotr.storage.recent import Recent


class Senders:
    """The mailboxes that mails are sent from."""

    def __init__(self, *, table: Table, queues: Queues, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._queues = queues
        self._clock = clock
        self._recent = recent
        self._lanes = Lanes(table)

    def add(
        self,
        address: str,
        *,
        name: str = "",
        reply_to: str = "",
        signature: str = "",
        zone: str = "",
        cap: int = 300,
        ramp: Ramp | None = None,
        gap: Gap | None = None,
        cc: Sequence[str] = (),
    ) -> Sender:
        """A new sender. Raises InvalidInput for an address, Conflict where it exists."""
        normalized = checked_address(address)
        if cap < 1:
            raise InvalidInput("A daily cap must be at least 1.", hint="Use --cap 80, for example.")
        now = self._clock.now()
        sender = Sender(
            id=sender_id(normalized),
            address=normalized,
            name=name.strip(),
            reply_to=checked_address(reply_to) if reply_to else "",
            signature=signature,
            zone=zone or self._recent.preferences().zone,
            cap=cap,
            ramp=ramp,
            gap=gap,
            cc=_copies(cc, normalized),
            created_at=to_text(now),
        )
        _check_room(sender)
        writes: list[Write] = [
            lanes.new_lane(sender, now=now),
            Put(names.SENDERS, lanes.profile_item(sender), Absent("id")),
        ]
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            raise Conflict(
                f"There is a sender {normalized} already.",
                hint=f"Change it with: pivotr sender update {normalized}",
            ) from None
        return sender

    def all(self) -> list[tuple[Sender, Lane]]:
        """Every sender with its lane."""
        return self._lanes.all()

    def find(self, address_or_id: str) -> tuple[Sender, Lane]:
        """One sender by address or id. Raises NotFound."""
        text = address_or_id.strip().lower()
        key = sender_id(judge(text).normalized or text) if "@" in text else text
        profile = self._lanes.profile(key)
        lane = self._lanes.get(key, consistent=True)
        if profile is None or lane is None:
            raise NotFound(
                f"There is no sender “{address_or_id}”."
                + did_you_mean(address_or_id, (sender.address for sender, _ in self._lanes.all())),
                hint="See all with: pivotr sender list. Add one with: pivotr sender add ADDRESS",
            )
        return profile, lane

    def update(self, address_or_id: str, *, revision: int | None = None, **changes: Any) -> Sender:
        """Change name, reply_to, signature, cap, ramp or gap; what makes more possible wakes the lane.

        `revision` is that of the sender that was seen. Raises NotFound, InvalidInput, Changed where somebody
        else has changed it since.
        """
        profile, lane = self.find(address_or_id)
        if revision is not None and profile.rev != revision:
            raise Changed("Somebody else has changed this sender.", hint="Read it again.")
        if changes.get("cap", 1) < 1:
            raise InvalidInput("A daily cap must be at least 1.", hint="Use --cap 80, for example.")
        if changes.get("reply_to"):
            changes["reply_to"] = checked_address(changes["reply_to"])
        if "cc" in changes:
            changes["cc"] = _copies(changes["cc"], profile.address)
        sender = Sender.model_validate({**profile.model_dump(), **changes, "rev": profile.rev + 1})
        _check_room(sender, lane)
        as_read = Equals("rev", profile.rev) if profile.rev else Either((Absent("rev"), Equals("rev", 0)))
        writes: list[Write] = [lanes.change_profile(sender, as_read)]
        change, is_more = _lane_change(profile, sender, lane)
        if is_more:
            now = self._clock.now()
            due_at = lanes.reopened_at(lane, now, 0.0) if lane.why in ("cap", "idle") else None
            writes.append(lanes.wake(lane, due_at, change))
        else:
            writes.append(Update(names.SENDERS, (lane.id,), change))
        self._write(writes)
        if is_more:
            self._emit(lane)
        return sender

    def pause(self, address_or_id: str) -> Sender:
        """Shut a mailbox: no new mail of any campaign is claimed from it. Its leads wait."""
        profile, lane = self.find(address_or_id)
        self._write([Update(names.SENDERS, (lane.id,), Change(set={"open": False}))])
        return profile

    def resume(self, address_or_id: str, *, actor: str = "", acknowledge: bool = False) -> Sender:
        """Open a mailbox again. Where the guard stopped it, that must be acknowledged (else Conflict)."""
        profile, lane = self.find(address_or_id)
        if lane.stopped and not acknowledge:
            raise Conflict(
                f"{profile.address} was stopped: {lane.stopped}",
                hint=f"If the cause is mended: pivotr sender resume {profile.address} --acknowledge",
            )
        now = self._clock.now()
        change = Change(set={"open": True}, remove=("stopped",))
        writes: list[Write] = [lanes.wake(lane, lanes.reopened_at(lane, now, 60.0), change)]
        if lane.stopped:
            reason = f"{profile.address}: {lane.stopped}"
            writes.append(log.acknowledgement(now, self._clock.token(), actor=actor, reason=reason))
        self._write(writes)
        self._emit(lane)
        return profile

    def _emit(self, lane: Lane) -> None:
        hint = turns.hint_for(lane)
        if hint:
            job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=hint)
            turns.emit(self._queues, job)

    def _write(self, writes: list[Write]) -> None:
        try:
            transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            raise Conflict("The sender was sending at this very moment.", hint="Try again.") from None


def _lane_change(old: Sender, new: Sender, lane: Lane) -> tuple[Change, bool]:
    """What a new profile changes on the lane, and whether it makes more possible."""
    memo: dict[Path, int] = {"memo": 1}
    copies: dict[Path, Any] = {"copies": len(new.cc)} if len(new.cc) != len(old.cc) else {}
    is_more = len(new.cc) < len(old.cc)
    if new.cap == old.cap and new.ramp == old.ramp:
        return Change(set=copies, add=memo), is_more
    ramp = new.lane_ramp()
    if ramp is None:
        return Change(
            set={"cap": new.cap, **copies}, add=memo, remove=("ramp",)
        ), new.cap > lane.cap or is_more
    number = lane.ramp.number if lane.ramp else 0
    kept = type(ramp)(number, ramp.start, ramp.step, ramp.maximum)
    change = Change(set={"cap": kept.cap, "ramp": ramp_item(kept), **copies}, add=memo)
    return change, kept.cap > lane.cap or is_more


def _copies(addresses: Sequence[str], sender: str) -> tuple[str, ...]:
    """Normalised addresses for copies. Raises InvalidInput."""
    found = tuple(dict.fromkeys(checked_address(one) for one in addresses))
    if len(found) > MAX_COPIES or sender in found:
        raise InvalidInput(
            f"A mail goes to at most {MAX_COPIES} others as a copy, and not to its own sender.",
            hint="Use --cc ADDRESS once or twice, or --cc none for no copies.",
        )
    return found


def _check_room(sender: Sender, lane: Lane | None = None) -> None:
    """A mailbox whose cap, or share of a campaign's, is below the recipients of one mail would never send."""
    first = min(sender.cap, sender.ramp.start) if sender.ramp else sender.cap
    shares = [entry.share for entry in lane.campaigns.values() if not entry.left] if lane else []
    first = min([first, *shares]) if sender.cc else first
    if first <= len(sender.cc):
        raise InvalidInput(
            f"Each mail has {1 + len(sender.cc)} recipients, and the mailbox may send {first} a day.",
            hint="Raise --cap or the start of --ramp, or take copies away: --cc none.",
        )


def checked_address(address: str) -> str:
    """A normalised address. Raises InvalidInput."""
    verdict = judge(address)
    if verdict.verdict != "valid":
        raise InvalidInput(
            f"“{address}” is not a mail address.",
            hint="Write it as sales@acme.example or “Acme <sales@acme.example>”.",
        )
    return verdict.normalized
