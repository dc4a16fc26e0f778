"""Checking the mailboxes of a list before its campaign: at the verifier's rate, each verdict kept at once.

A campaign checks every address just before its mail, too, and uses a fresh verdict that is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from pivotr.domain.campaigns import check_name
from pivotr.domain.instants import from_text, to_text
from pivotr.domain.leads import ENROLLABLE, Lead
from pivotr.domain.reports import CheckPlan, CheckReport
from pivotr.domain.verification import is_fresh
from pivotr.errors import LimitReached, NotFound, Unavailable
from pivotr.ports.clock import Clock
from pivotr.ports.table import ConditionFailed, Equals, Table
from pivotr.ports.verifier import Verification, Verifier
from pivotr.storage import leads as lead_writes
from pivotr.storage.lead_search import Wanted, search
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent
from pivotr.storage.suppressions import Suppressions
from pivotr.storage.work import Work

#: Name of the rate that campaigns and these checks share.
_RATE = "verifier"
#: What could not be told is asked again after this time at the earliest.
_SECOND_LOOK = timedelta(minutes=30)
#: Tries of one address while the verifier is down, and the pauses between them in seconds.
_PAUSES = (5.0, 20.0, 60.0)
_LIVING = (*ENROLLABLE, "queued")


class MailboxChecks:
    """Plans and runs the checks of a list."""

    def __init__(self, *, table: Table, verifier: Verifier, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._verifier = verifier
        self._clock = clock
        self._recent = recent
        self._memberships = Memberships(table)
        self._suppressions = Suppressions(table, key)
        self._work = Work(table)

    def plan(self, list_name: str) -> CheckPlan:
        """How many members have no fresh verdict, what that costs and how long it takes.

        Raises NotFound, and what the verifier raises when it is asked for its credits.
        """
        name = self._list(list_name)
        now = self._clock.now()
        members = unverified = 0
        for lead in search(self._table, Wanted(list=name)):
            members += 1
            unverified += self._is_unverified(lead, now)
        is_paid = self._verifier.credits_matter
        return CheckPlan(
            list=name,
            verifier=self._verifier.name,
            members=members,
            unverified=unverified,
            is_paid=is_paid,
            credits=self._verifier.credits() if is_paid else None,
            seconds=round(unverified * self._interval()),
        )

    def run(self, list_name: str, *, on_check: Callable[[int], None] | None = None) -> CheckReport:
        """Check every member without a fresh verdict; `on_check` gets the number of checks so far.

        Interrupted, it goes on where it was with the next call. Raises NotFound, Unavailable where the
        verifier stays down, LimitReached where the credits are used up; what was found by then is kept.
        """
        name = self._list(list_name)
        verdicts: Counter[str] = Counter()
        checked = left_out = 0
        for lead in search(self._table, Wanted(list=name)):
            if not self._is_unverified(lead, self._clock.now()):
                continue
            if self._suppressions.find(lead.email):
                left_out += 1
                continue
            try:
                found = self._ask(lead.email)
            except LimitReached as error:
                raise LimitReached(
                    f"{error.sentence} {checked} addresses were checked.", hint=error.hint
                ) from None
            self._keep(lead, found)
            verdicts[found.verdict] += 1
            checked += 1
            if on_check:
                on_check(checked)
        return CheckReport(
            list=name, checked=checked, suppressed=left_out, verdicts=dict(sorted(verdicts.items()))
        )

    def _list(self, list_name: str) -> str:
        name = check_name("list", list_name)
        if not self._memberships.exists(name):
            raise NotFound(f"There is no list “{name}”.", hint="See all with: pivotr list list")
        return name

    def _is_unverified(self, lead: Lead, now: datetime) -> bool:
        if lead.status not in _LIVING:
            return False
        days = self._recent.preferences().whole("verifier.days")
        if not lead.verdict or not is_fresh(lead.verified_at, now, days=days):
            return True
        is_told = lead.verdict in ("valid", "invalid", "risky") and "greylisted" not in lead.verdict_flags
        return not is_told and from_text(lead.verified_at) + _SECOND_LOOK <= now

    def _interval(self) -> float:
        """Seconds between two checks at the verifier's rate; 0 for checks on this machine."""
        if not self._verifier.credits_matter:
            return 0.0
        return 60.0 / self._recent.preferences().number("verifier.rate")

    def _ask(self, email: str) -> Verification:
        for pause in _PAUSES:
            self._wait_for_turn()
            try:
                return self._verifier.check(email)
            except Unavailable:
                self._clock.sleep(pause)
        self._wait_for_turn()
        return self._verifier.check(email)

    def _wait_for_turn(self) -> None:
        interval = self._interval()
        while wait := self._work.take_turn(_RATE, now=self._clock.now(), interval=interval):
            self._clock.sleep(wait)

    def _keep(self, lead: Lead, found: Verification) -> None:
        verdict = lead.model_copy(
            update={
                "verdict": found.verdict,
                "verdict_flags": found.flags,
                "verified_at": to_text(self._clock.now()),
            }
        )
        # only while it is the same person: a lead that was deleted meanwhile stays empty
        write = lead_writes.update(
            lead.id, Equals("email", lead.email), **lead_writes.verdict_values(verdict)
        )
        try:
            self._table.update(write.table, write.key, write.change, condition=write.condition)
        except ConditionFailed:
            return
