"""Operators, time, feedback and faults in any order: the promises hold after every step (hypothesis)."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pivotr import names
from pivotr.domain.leads import STRENGTH
from pivotr.domain.suppression import Suppression, address_key
from pivotr.errors import PivotrError
from pivotr.ports.mailer import AccountRefused, NotSent, RecipientRejected, Unknown
from pivotr.storage import stopping
from tests.simulation import promises
from tests.simulation.faults import FAULTS, Point, Script
from tests.simulation.scenarios import python
from tests.simulation.world import LEAD_KEY, World, bounce_event, complaint_event, delivery_event

EXAMPLES = int(os.environ.get("PIVOTR_EXAMPLES", "25"))
STEPS = 40
OUTCOMES = {
    "throttled": NotSent("throttled", "Maximum sending rate exceeded."),
    "unreachable": NotSent("unreachable", "Connection refused."),
    "quota": NotSent("quota", "Daily message quota exceeded."),
    "account": AccountRefused("account", "Sending is paused for this account."),
    "sender": AccountRefused("sender", "Email address is not verified."),
    "rejected": RecipientRejected("Invalid recipient."),
    "unknown": Unknown("read timed out"),
}
pick = st.integers(min_value=0, max_value=10_000)


class Machine(RuleBasedStateMachine):
    """One small company's mailing, and everything that happens to it."""

    @initialize()
    def begin(self) -> None:
        self.script = Script(armed=False)
        self.world = World(script=self.script)
        self.stopped: dict[str, int] = {}
        # Counted in mails, not in instants: the clock steps back, the order of what happened does not.
        self.shut: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
        self.count = 0
        world = self.world
        world.setting("account.cap", 25)
        world.peak_sender_cap, world.peak_cap = 60, 60
        for address in ("a@acme.example", "b@acme.example"):
            world.sender(address, cap=20)
        world.template()
        world.template("nudge", "unused", "And again.")
        world.leads(6)
        world.leads(5, list_name="holi", prefix="q")
        options = {"window": "daily 08:00-20:00 Asia/Kolkata", "gap": "60-180"}
        both = ("a@acme.example", "b@acme.example")
        self.campaigns = [
            world.campaign(senders=both, steps=("intro", "nudge+1d"), cap=10, **options),
            world.campaign("Holi", senders=both[:1], lists=("holi", "diwali"), cap=8, **options),
        ]
        self.script.armed = True
        world.services = world.connect()
        for campaign in self.campaigns:
            world.guarded(lambda: world.services.transitions.start(campaign))  # noqa: B023

    def campaign(self, number: int) -> str:
        return self.campaigns[number % len(self.campaigns)]

    def lead(self, number: int):
        leads = sorted(self.world.all_leads(), key=lambda lead: lead.id)
        return leads[number % len(leads)]

    @rule(minutes=st.sampled_from((1, 7, 60, 480, 1440, 4000)))
    def time_passes(self, minutes: int) -> None:
        self.world.run(timedelta(minutes=minutes))

    @rule()
    def clock_steps_back(self) -> None:
        self.world.clock.instant -= timedelta(hours=1)

    @rule(number=pick)
    def start(self, number: int) -> None:
        self.world.guarded(lambda: self.world.services.transitions.start(self.campaign(number)))

    @rule(number=pick)
    def pause(self, number: int) -> None:
        campaign = self.campaign(number)
        self.world.guarded(lambda: self.world.services.transitions.pause(campaign))
        self.note(campaign)

    @rule(number=pick)
    def resume(self, number: int) -> None:
        campaign = self.campaign(number)
        if self.shut[campaign] and self.shut[campaign][-1][1] is None:
            since = self.shut[campaign].pop()[0]
            self.shut[campaign].append((since, self.posted))
        self.world.guarded(lambda: self.world.services.transitions.resume(campaign, acknowledge=True))
        self.note(campaign)

    @rule(number=pick, dice=st.integers(0, 4))
    def abort(self, number: int, dice: int) -> None:
        if dice == 0:
            campaign = self.campaign(number)
            self.world.guarded(lambda: self.world.services.transitions.abort(campaign))
            self.note(campaign)

    def note(self, campaign: str) -> None:
        """From now on the campaign is shut, if it is."""
        is_shut = self.world.read_status(campaign) in ("paused", "aborted")
        is_noted = bool(self.shut[campaign]) and self.shut[campaign][-1][1] is None
        if is_shut and not is_noted:
            self.shut[campaign].append((self.posted, None))

    @rule(number=pick)
    def import_more(self, number: int) -> None:
        self.count += 1
        self.world.leads(2, prefix=f"m{self.count}x")
        self.world.guarded(lambda: self.world.services.campaigns.add(self.campaign(number)))

    @rule(number=pick, cap=st.integers(2, 60))
    def change_cap(self, number: int, cap: int) -> None:
        campaign = self.campaign(number)
        self.world.guarded(lambda: self.world.services.campaigns.update(campaign, cap=cap))

    @rule()
    def edit_template(self) -> None:
        self.world.template(text=f"Edited {{{{FirstName|there}}}} {self.count}.")

    @rule(number=pick, status=st.sampled_from(("unsubscribed", "replied", "complained")))
    def stop_a_person(self, number: int, status: str) -> None:
        lead = self.lead(number)
        if not lead.email:
            return
        key = address_key(LEAD_KEY, lead.email)
        suppression = Suppression(key=key, reason="unsubscribe", source="", actor="", at="", email=lead.email)
        self.world.guarded(
            lambda: stopping.stop(
                self.world.table,
                lead.id,
                status,
                clock=self.world.clock,
                recent=self.world.services.recent,
                kind=status if status != "complained" else "unsubscribed",
                suppression=suppression,
            )
        )
        # a fault may have kept it from happening, which the operator has then been told
        if any(one.id == lead.id and one.status in STRENGTH for one in self.world.all_leads()):
            self.stopped.setdefault(lead.id, self.posted)

    @rule(number=pick)
    def withdraw(self, number: int) -> None:
        lead = self.lead(number)
        if lead.campaign:
            self.world.guarded(lambda: self.world.services.campaigns.remove(lead.campaign, [lead.id]))

    @rule(number=pick, as_=st.sampled_from(("sent", "failed", "again")))
    def settle(self, number: int, as_: str) -> None:
        doubtful = [lead for lead in self.world.all_leads() if lead.status == "unconfirmed"]
        if not doubtful:
            return
        lead = doubtful[number % len(doubtful)]
        if as_ == "again":
            # An operator's explicit decision: this mail, and no other, may leave once more.
            self.world.repeated[lead.campaign, lead.id, str(lead.step)] += 1
        self.world.guarded(lambda: self.world.services.settling.settle(lead.campaign, lead.id, as_))

    @rule(number=pick, open_=st.booleans())
    def sender(self, number: int, open_: bool) -> None:
        address = ("a@acme.example", "b@acme.example")[number % 2]
        senders = self.world.services.senders
        if open_:
            self.world.guarded(lambda: senders.resume(address, acknowledge=True))
        else:
            self.world.guarded(lambda: senders.pause(address))

    @rule(number=pick, kind=st.sampled_from(("delivery", "bounce", "transient", "complaint")))
    def feedback(self, number: int, kind: str) -> None:
        posted = self.world.provider.posted
        if not posted:
            return
        mail = posted[number % len(posted)]
        body = {
            "delivery": lambda: delivery_event(mail),
            "bounce": lambda: bounce_event(mail),
            "transient": lambda: bounce_event(mail, "Transient", "MailboxFull"),
            "complaint": lambda: complaint_event(mail),
        }[kind]()
        for _ in range(1 + number % 2):
            self.world.feedback(body)

    @rule(number=pick)
    def redrive(self, number: int) -> None:
        """Old and invented jobs come back: tickets decide."""
        sender = self.world.observer.senders.all()[number % 2][1]
        body = (
            f'{{"kind":"verify","sender":"{sender.id}","ticket":{max(1, sender.ticket - number % 3)},'
            f'"campaign":"{self.campaign(number)}"}}'
        )
        self.world.queues.send(names.VERIFICATION_QUEUE.name, body)

    @rule(name=st.sampled_from(sorted(OUTCOMES)))
    def provider_trouble(self, name: str) -> None:
        left = [2]

        def answers(mail):
            left[0] -= 1
            return OUTCOMES[name] if left[0] >= 0 else None

        self.world.provider.answers = answers

    @rule(ahead=st.integers(0, 30), fault=st.sampled_from(FAULTS))
    def fault(self, ahead: int, fault: str) -> None:
        self.script.points = (*self.script.points[-3:], Point(self.script.calls + ahead, fault))

    @rule()
    def heartbeat_overlaps(self) -> None:
        self.world.guarded(self.world.beat)

    @invariant()
    def promises_hold(self) -> None:
        promises.at_most_once(self.world)
        promises.nobody_lost(self.world)
        promises.metrics_recount(self.world)
        promises.caps_hold(self.world)
        self.nobody_stopped_is_mailed()
        self.nothing_is_claimed_while_shut()

    @property
    def posted(self) -> int:
        """Mails that the provider has taken so far; claim and send are one event here, so this dates both."""
        return len(self.world.provider.posted)

    def nobody_stopped_is_mailed(self) -> None:
        for number, mail in enumerate(self.world.provider.posted):
            assert number < self.stopped.get(mail.tags["lead"], self.posted), "P4: mailed after the stop"

    def nothing_is_claimed_while_shut(self) -> None:
        for number, mail in enumerate(self.world.provider.posted):
            for since, until in self.shut[mail.tags["campaign"]]:
                is_over = until is not None and number >= until
                assert number < since or is_over, "P5: claimed while shut"

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.script.armed = False
        self.world.services = self.world.connect()
        self.world.provider.answers = lambda mail: None
        for address in ("a@acme.example", "b@acme.example"):
            self.world.services.senders.resume(address, acknowledge=True)
        for campaign in self.campaigns:
            if self.world.read_status(campaign) == "paused":
                self.shut[campaign][-1:] = []
                try:
                    self.world.services.transitions.resume(campaign, acknowledge=True)
                except PivotrError:
                    assert self.world.read_status(campaign) != "paused"
        live = [one for one in self.campaigns if self.world.read_status(one) in ("running", "aborted")]
        self.world.run(timedelta(days=40), until=lambda: self.is_quiet(live))
        assert self.is_quiet(live), "P2: a campaign never ends"
        self.promises_hold()

    def is_quiet(self, live: list[str]) -> bool:
        """Over, or paused again by the guard, the provider or the verifier: then an operator's turn."""
        return all(self.world.is_over(one) or self.world.read_status(one) == "paused" for one in live)


if "PIVOTR_SEED" in os.environ:
    seed(os.environ["PIVOTR_SEED"])(Machine)


@pytest.mark.slow
def test_promises_hold_in_any_order_of_events() -> None:
    Machine.TestCase.settings = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize="PIVOTR_SEED" not in os.environ,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        Machine.TestCase("runTest").runTest()
    except BaseException as broken:
        seeds = f"PIVOTR_SEED={os.environ['PIVOTR_SEED']} " if "PIVOTR_SEED" in os.environ else ""
        broken.add_note(f"replay: {seeds}{python()} -m pytest tests/simulation/test_stateful.py")
        raise
