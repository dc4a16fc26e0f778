"""Checking a list: only who has no fresh verdict, at the verifier's rate, and nothing asked twice."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from pivotr.errors import LimitReached, NotFound, Unavailable
from pivotr.ports.verifier import Verification
from pivotr.services.mailbox_checks import MailboxChecks
from tests.services.house import KEY, START, House

FILE = "email\n" + "".join(f"p{number}@x.example\n" for number in range(6))
VALID = Verification("valid", frozenset(), "")


@dataclasses.dataclass
class PaidVerifier:
    """A verifier with credits; `answers` are given in turn, then everything is valid."""

    house: House
    answers: list[Verification | Exception] = dataclasses.field(default_factory=list)
    left: int = 100
    asked: list[str] = dataclasses.field(default_factory=list)
    instants: list[float] = dataclasses.field(default_factory=list)
    name: str = "paid"
    credits_matter: bool = True

    def check(self, email: str) -> Verification:
        self.instants.append((self.house.clock.now() - START).total_seconds())
        answer = self.answers.pop(0) if self.answers else VALID
        if isinstance(answer, Exception):
            raise answer
        self.asked.append(email)
        self.left -= 1
        return answer

    def credits(self) -> int | None:
        return self.left


def checks(house: House, *answers: Verification | Exception) -> tuple[MailboxChecks, PaidVerifier]:
    house.take(FILE)
    verifier = PaidVerifier(house, list(answers))
    services = house.services
    return MailboxChecks(
        table=house.table, verifier=verifier, clock=house.clock, recent=services.recent, key=KEY
    ), verifier


def test_the_plan_tells_what_it_costs_and_asks_nobody(house: House) -> None:
    service, verifier = checks(house)
    plan = service.plan("diwali")
    assert (plan.members, plan.unverified, plan.credits, plan.seconds) == (6, 6, 100, 12)
    assert verifier.asked == []


def test_every_verdict_is_kept_with_its_lead(house: House) -> None:
    service, verifier = checks(
        house, Verification("risky", frozenset({"catch_all"}), ""), Verification("invalid", frozenset(), "")
    )
    seen: list[int] = []
    done = service.run("diwali", on_check=seen.append)
    assert (done.checked, done.verdicts) == (6, {"invalid": 1, "risky": 1, "valid": 4})
    assert seen == [1, 2, 3, 4, 5, 6]
    lead = house.lead(verifier.asked[0])
    assert (lead.verdict, lead.verdict_flags, lead.status) == ("risky", {"catch_all"}, "new")
    assert lead.verified_at == "2026-11-24T04:30:00.000Z"


def test_the_rate_of_the_verifier_is_kept_and_shared(house: House) -> None:
    service, verifier = checks(house)
    service.run("diwali")
    gaps = [late - early for early, late in zip(verifier.instants, verifier.instants[1:], strict=False)]
    assert min(gaps) >= 2.0  # 30 a minute
    other, second = checks(house)
    house.take("email\nnew@x.example\n")
    other.run("diwali")
    assert second.instants[0] - verifier.instants[-1] >= 2.0


def test_fresh_verdicts_are_not_asked_for_again(house: House) -> None:
    service, verifier = checks(house)
    service.run("diwali")
    assert service.plan("diwali").unverified == 0
    assert service.run("diwali").checked == 0
    assert len(verifier.asked) == 6
    house.clock.instant += timedelta(days=31)
    assert service.run("diwali").checked == 6


def test_what_could_not_be_told_gets_a_second_look_half_an_hour_later(house: House) -> None:
    service, _ = checks(house, Verification("unknown", frozenset(), ""))
    service.run("diwali")
    assert service.plan("diwali").unverified == 0
    house.clock.instant += timedelta(minutes=31)
    assert service.run("diwali").verdicts == {"valid": 1}


def test_who_cannot_be_mailed_is_not_asked_about(house: House) -> None:
    service, verifier = checks(house)
    house.services.suppressions.add("@y.example")
    house.take("email\nq@y.example\n", "diwali")
    house.services.suppressions.add("p0@x.example")
    house.services.leads.stop("p1@x.example")
    house.services.leads.delete("p2@x.example")
    assert service.run("diwali").checked == 3
    assert not {"p0@x.example", "p1@x.example", "p2@x.example"} & set(verifier.asked)


def test_used_up_credits_end_it_with_what_was_found_kept(house: House) -> None:
    service, verifier = checks(house, VALID, VALID, LimitReached("No credits are left.", hint="Buy some."))
    with pytest.raises(LimitReached, match="2 addresses were checked"):
        service.run("diwali")
    assert sum(bool(lead.verdict) for lead in house.services.leads.find()) == 2
    assert service.run("diwali").checked == 4
    assert len(set(verifier.asked)) == 6


def test_an_outage_is_waited_out_and_a_long_one_ends_it(house: House) -> None:
    down = Unavailable("The verifier does not answer.")
    service, _ = checks(house, down, down)
    assert service.run("diwali").checked == 6
    house.take("email\nnew@x.example\n")
    service, _ = checks(house, down, down, down, down)
    with pytest.raises(Unavailable):
        service.run("diwali")


def test_a_lead_that_is_deleted_meanwhile_stays_empty(house: House) -> None:
    service, verifier = checks(house)
    erased = {"count": 0}

    def delete_next(count: int) -> None:
        if count == 1:
            for lead in list(house.services.leads.find()):
                if lead.email not in verifier.asked:
                    house.services.leads.delete(lead.email)
                    erased["count"] += 1

    service.run("diwali", on_check=delete_next)
    tombstones = list(house.services.leads.find(status="deleted"))
    assert len(tombstones) == erased["count"] == 5
    assert all(not lead.verdict and not lead.verified_at for lead in tombstones)


def test_a_list_that_is_not_there_is_not_found(house: House) -> None:
    service, _ = checks(house)
    with pytest.raises(NotFound):
        service.plan("nowhere")
    with pytest.raises(NotFound):
        service.run("nowhere")
