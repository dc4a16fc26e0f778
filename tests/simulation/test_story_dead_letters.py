"""Records that nobody can work on: out of the way after their receives, harmless when they are put back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pivotr import names
from tests.simulation.promises import check
from tests.simulation.stage import SALES, lane
from tests.simulation.story import claims, minutes, run_to, texts, told
from tests.simulation.world import World

POISON = {
    names.SENDING_QUEUE: '{"kind":"send","sender":"nobody"}',
    names.VERIFICATION_QUEUE: "this is no job",
    names.FEEDBACK_QUEUE: '{"eventType":',
}


def dead(world: World, queue: str) -> int:
    return world.queues.depth(f"{queue}-dlq").waiting


@pytest.mark.parametrize("spec", POISON, ids=lambda spec: spec.name)
def test_poison_goes_to_the_dead_letters_and_holds_nobody_up(spec: names.QueueSpec) -> None:
    """Received as often as configured, at its visibility's distance; redriven, it dies the same death."""
    world, campaign = told(12, gap="60")
    plain, _ = told(12, gap="60")
    world.queues.send(spec.name, POISON[spec])
    span = timedelta(seconds=spec.visibility * spec.max_receive)
    world.run(span - timedelta(seconds=1))
    assert dead(world, spec.name) == 0
    world.run(timedelta(seconds=2))
    assert dead(world, spec.name) == 1
    letters = world.services.dead_letters
    assert [record.body for record in letters.peek(spec.name)] == [POISON[spec]]
    assert letters.redrive(spec.name) == 1
    assert dead(world, spec.name) == 0
    world.run(span + timedelta(seconds=2))
    assert dead(world, spec.name) == 1
    assert letters.purge(spec.name) == 1
    world.run_until_over(campaign)
    plain.run(minutes(30))
    check(world)
    assert world.statuses() == {"sent": 12}
    assert texts(claims(world)) == texts(claims(plain)), "not one mail was late for it"


def test_a_fault_of_our_own_loses_nobody_and_its_jobs_may_come_back() -> None:
    """The verifier's answers make the program fail for an hour: jobs die, new ones come, one mail each."""
    world, campaign = told(20, gap="60")
    run_to(world, "2026-11-23 04:05:30")
    before = len(world.provider.posted)
    world.checker.fails = lambda email: ZeroDivisionError("a fault of our own")
    run_to(world, "2026-11-23 05:05")
    assert len(world.provider.posted) <= before + 1
    buried = dead(world, names.VERIFICATION_QUEUE.name)
    assert buried >= 5
    check(world)
    world.checker.fails = lambda email: None
    assert world.services.dead_letters.redrive(names.VERIFICATION_QUEUE.name) == buried
    run_to(world, "2026-11-23 05:06")
    assert len(world.provider.posted) > before
    world.run_until_over(campaign)
    check(world)
    assert world.statuses() == {"sent": 20}
    assert dead(world, names.VERIFICATION_QUEUE.name) == 0


def test_jobs_of_last_week_change_nothing() -> None:
    """Every job of the first day is kept and put back days later, in the middle of another campaign."""
    world, diwali = told(10, gap="60")
    kept: list[tuple[str, str]] = []
    send = world.queues.send

    def keep(queue: str, body: str, *, delay: int = 0) -> None:
        kept.append((queue, body))
        send(queue, body, delay=delay)

    world.queues.send = keep
    world.run_until_over(diwali)
    world.queues.send = send
    old = [(queue, body) for queue, body in kept if queue != names.FEEDBACK_QUEUE.name]
    assert len(old) >= 20
    world.leads(10, list_name="holi", prefix="q")
    holi = world.campaign("Holi", lists=("holi",), gap="60")
    run_to(world, "2026-11-26 04:00")
    world.services.transitions.start(holi)
    run_to(world, "2026-11-26 04:05:30")
    ticket = lane(world, SALES).ticket
    for queue, body in kept:
        world.queues.send(f"{queue}-dlq", body)
    redriven = sum(world.services.dead_letters.redrive(spec.name) for spec in names.QUEUES)
    assert redriven == len(kept)
    world.run(timedelta(seconds=20))
    assert lane(world, SALES).ticket == ticket
    world.run_until_over(holi)
    check(world)
    assert world.statuses() == {"sent": 20}
    gaps = {then - first for first, then in zip(claims(world, holi), claims(world, holi)[1:], strict=False)}
    assert gaps == {minutes(1)}
    assert world.totals(diwali)["delivered"] == 10
