"""Answers that wait for a person: what they say, and what is to follow from them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pivotr.domain.instants import to_text
from pivotr.domain.reports import OpenReply
from pivotr.domain.suppression import Suppression, key_of_lead
from pivotr.errors import NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import Table
from pivotr.storage import stopping
from pivotr.storage.leads import Leads
from pivotr.storage.open_replies import OpenReplies
from pivotr.storage.recent import Recent

Decision: TypeAlias = Literal["replied", "unsubscribed", "nothing"]
DECISIONS: tuple[Decision, ...] = ("replied", "unsubscribed", "nothing")


class Replies:
    """Looks at them and decides."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._open = OpenReplies(table)
        self._leads = Leads(table)

    def all(self) -> list[OpenReply]:
        """Every answer that waits, oldest first."""
        return self._open.all()

    def get(self, key: str) -> OpenReply:
        """One of them. Raises NotFound."""
        found = self._open.get(key.strip())
        if found is None:
            raise NotFound(f"No answer “{key}” waits.", hint="See all with: pivotr replies list")
        return found

    def settle(self, key: str, decision: Decision, *, actor: str = "") -> OpenReply:
        """Do what the person meant: end their sequence, never write again, or nothing. Raises NotFound."""
        reply = self.get(key)
        if decision == "replied":
            stopping.stop(
                self._table, reply.lead, "replied", clock=self._clock, recent=self._recent, kind="replied",
                actor=actor, by="mail",
            )  # fmt: skip
        elif decision == "unsubscribed":
            lead = self._leads.get(reply.lead)
            suppression = Suppression(
                key=key_of_lead(reply.lead),
                reason="unsubscribe",
                source=f"answer to campaign {reply.campaign}",
                actor=actor,
                at=to_text(self._clock.now()),
                email=(lead.email or None) if lead else None,
            )
            stopping.stop(
                self._table, reply.lead, "unsubscribed", clock=self._clock, recent=self._recent,
                kind="unsubscribed", suppression=suppression, actor=actor, by="reply",
            )  # fmt: skip
        self._open.close(reply)
        return reply
