"""Campaigns: create, look at, change. States are moved by services/transitions.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pivotr import names
from pivotr.domain.campaigns import MAX_SENDERS, Campaign, Filters, check_name, slug, split_cap
from pivotr.domain.instants import to_text
from pivotr.domain.jobs import VerifyJob
from pivotr.domain.lanes import Lane
from pivotr.domain.leads import Lead
from pivotr.domain.pacing import Gap
from pivotr.domain.senders import Sender, sender_id
from pivotr.domain.steps import MAX_STEPS, Step
from pivotr.domain.verification import Policy
from pivotr.domain.windows import Window
from pivotr.errors import Changed, Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.queues import Queues
from pivotr.ports.table import Table, TransactionCancelled, Update, Write
from pivotr.storage import campaigns as campaign_writes
from pivotr.storage import log, sharing, transactions, turns, withdrawing
from pivotr.storage.campaigns import Campaigns as Store
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads
from pivotr.storage.memberships import Memberships
from pivotr.storage.metrics import Metrics
from pivotr.storage.recent import Recent
from pivotr.storage.templates import Templates

EVERYBODY = Filters()
CAREFUL = Policy()
_TRIES = 8


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with its counters and the lanes that it uses."""

    campaign: Campaign
    totals: dict[str, int]
    senders: list[tuple[Sender, Lane]]


class Campaigns:
    """Everything about campaigns but their states."""

    def __init__(self, *, table: Table, queues: Queues, clock: Clock, recent: Recent) -> None:
        self._table = table
        self._queues = queues
        self._clock = clock
        self._recent = recent
        self._store = Store(table)
        self._lanes = Lanes(table)
        self._memberships = Memberships(table)
        self._templates = Templates(table)

    def create(
        self,
        name: str,
        *,
        steps: Sequence[Step],
        senders: Sequence[str],
        lists: Sequence[str],
        window: Window,
        gap: Gap,
        cap: int = 300,
        filters: Filters = EVERYBODY,
        policy: Policy = CAREFUL,
        not_mailed_within_days: int = 0,
        domain_cap: int = 0,
        actor: str = "",
    ) -> Campaign:
        """A new draft. Everything it names must exist. Raises InvalidInput, NotFound."""
        if not name.strip():
            raise InvalidInput("A campaign needs a name.", hint='pivotr campaign create "Diwali outreach" …')
        if not 1 <= len(steps) <= MAX_STEPS:
            raise InvalidInput(
                f"A campaign has 1 to {MAX_STEPS} steps.", hint="Name the first with --template."
            )
        if not 1 <= len(senders) <= MAX_SENDERS:
            raise InvalidInput(
                f"A campaign has 1 to {MAX_SENDERS} senders.", hint="Name one with --sender ADDRESS."
            )
        ids = tuple(dict.fromkeys(self._sender(sender).id for sender in senders))
        for step in steps:
            self._check_template(step)
        now = self._clock.now()
        campaign = Campaign(
            id=f"{slug(name) or 'campaign'}-{self._clock.token()[-4:]}",
            name=name.strip(),
            created_at=to_text(now),
            lists=tuple(dict.fromkeys(self._list(one) for one in lists)),
            filters=filters,
            steps=tuple(steps),
            senders=ids,
            shares=split_cap(cap, ids),
            window=self._with_holidays(window),
            cap=cap,
            gap=gap,
            policy=policy,
            not_mailed_within_days=not_mailed_within_days,
            domain_cap=domain_cap,
        )
        key = log.plain_key(now, self._clock.token(), "campaign", "created")
        writes: list[Write] = [
            campaign_writes.create(campaign),
            log.entry(campaign.id, key, "created", at=now, actor=actor),
        ]
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        return campaign

    def all(self) -> list[Campaign]:
        """Every campaign, newest first."""
        return self._store.all()

    def get(self, key: str) -> Campaign:
        """One campaign. Raises NotFound."""
        campaign = self._store.get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        return campaign

    def show(self, key: str) -> CampaignView:
        """One campaign with counters and lanes. Raises NotFound."""
        campaign = self.get(key)
        found = self._lanes.get_many(campaign.all_senders)
        pairs = [
            (profile, found[sender])
            for sender in campaign.all_senders
            if sender in found and (profile := self._lanes.profile(sender)) is not None
        ]
        return CampaignView(campaign, Metrics(self._table).totals(campaign.id), pairs)

    def update(self, key: str, *, actor: str = "", revision: int | None = None, **changes: Any) -> Campaign:
        """Change name, cap, window, gap, policy, steps or soft rules; of a live one the cap moves its lanes.

        Raises Changed where it is not at `revision` any more, Conflict when it is over."""
        campaign = self.get(key)
        if revision is not None and campaign.rev != revision:
            raise Changed("The campaign has changed since.", hint="Read it again.")
        if campaign.status in ("completed", "aborted"):
            raise Conflict(
                f"“{campaign.name}” is {campaign.status} and cannot be changed.",
                hint=f"Make a new one: pivotr campaign clone {campaign.id}",
            )
        if "steps" in changes:
            changes["steps"] = self._steps(campaign, changes["steps"])
        if "cap" in changes:
            split_cap(changes["cap"], campaign.senders)
        updated = Campaign.model_validate({**campaign.model_dump(), **changes})
        derived: dict[str, Any] = {}
        if updated.cap != campaign.cap:
            derived["shares"] = split_cap(updated.cap, campaign.senders)
        if campaign.is_live and len(updated.steps) < len(campaign.steps):
            derived["was_longer"] = True
        updated = updated.model_copy(update=derived)
        fields = {*changes, *derived}
        dumped = updated.model_dump(mode="json")
        edit = campaign_writes.edit(campaign, **{field: dumped[field] for field in fields})
        return self._save(campaign, updated, edit, actor=actor, changed=sorted(changes))

    def drop_sender(
        self, key: str, address_or_id: str, *, move_follow_ups: bool = False, actor: str = ""
    ) -> Campaign:
        """Take a mailbox out: its waiting first mails go to the others, its sequences end as they stand.

        With `move_follow_ups` the sequences go on, from another mailbox than they began.
        Raises NotFound, Conflict: the last one cannot leave, nor can one that is not in the campaign.
        """
        campaign = self.get(key)
        sender = self._sender(address_or_id)
        rest = tuple(one for one in campaign.senders if one != sender.id)
        if campaign.status in ("completed", "aborted") or len(rest) == len(campaign.senders):
            raise Conflict(
                f"{sender.address} sends nothing for “{campaign.name}”.",
                hint=f"See who does: pivotr campaign show {campaign.id}",
            )
        if not rest:
            raise Conflict(
                f"{sender.address} is the last sender of “{campaign.name}”.",
                hint=f"End the campaign instead: pivotr campaign abort {campaign.id}",
            )
        shares = split_cap(campaign.cap, rest)
        gone = (*campaign.gone, sender.id) if campaign.is_live else campaign.gone
        moving = (*campaign.moving, sender.id) if move_follow_ups else campaign.moving
        changes = {"senders": list(rest), "shares": shares, "gone": list(gone), "moving": list(moving)}
        updated = Campaign.model_validate({**campaign.model_dump(), **changes})
        edit = campaign_writes.edit(campaign, **changes)
        return self._save(campaign, updated, edit, actor=actor, changed=["senders"])

    def _save(
        self,
        old: Campaign,
        new: Campaign,
        edit: Update,
        *,
        actor: str,
        changed: list[str],
    ) -> Campaign:
        """Write an edit with what it means for the lanes, then emit for those that it woke."""
        for _ in range(_TRIES):
            now = self._clock.now()
            entry_key = log.plain_key(now, self._clock.token(), "campaign", "updated")
            entry = log.entry(old.id, entry_key, "updated", at=now, actor=actor, changed=changed)
            found = self._lanes.get_many(new.all_senders, consistent=True) if old.is_live else {}
            moved, writes = sharing.lane_writes(old, new, found, now)
            try:
                transactions.run(
                    self._table, [edit, entry, *writes], token=self._clock.token(), clock=self._clock
                )
            except TransactionCancelled as cancelled:
                if cancelled.reasons[0]:
                    break
                continue
            self._lanes.note_all()
            for lane in moved:
                job = VerifyJob(sender=lane.id, ticket=lane.ticket + 1, campaign=old.id)
                turns.emit(self._queues, job)
            return self.get(old.id)
        raise Changed("The campaign changed at this very moment.", hint="Try again.")

    def add(self, key: str) -> Campaign:
        """Enrol who has joined the lists since: go through them again. Nobody is enrolled twice."""
        campaign = self.get(key)
        if not campaign.is_live:
            raise Conflict(
                f"“{campaign.name}” is {campaign.status}; only a started campaign takes more leads.",
                hint=f"Start it with: pivotr campaign start {campaign.id}"
                if campaign.status == "draft"
                else f"Make a new one: pivotr campaign clone {campaign.id}",
            )
        enrol = campaign.enrol.model_copy(update={"cursor": "", "done": False, "left_out": {}})
        write = campaign_writes.edit(campaign, enrol=enrol.model_dump(mode="json"))
        try:
            transactions.run(self._table, [write], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            raise Conflict("The campaign changed at this very moment.", hint="Try again.") from None
        self._queues.invoke(names.HEARTBEAT.name)
        return self.get(campaign.id)

    def remove(self, key: str, leads: Sequence[str], *, actor: str = "") -> tuple[int, list[Lead]]:
        """Withdraw waiting leads by id; returns how many it were, and those whose mail is being sent now."""
        campaign = self.get(key)
        store = Leads(self._table)
        count = 0
        claimed: list[Lead] = []
        for start in range(0, len(leads), withdrawing.SLICE):
            found = store.get_many(leads[start : start + withdrawing.SLICE], consistent=True)
            known = [lead for lead in found if lead and lead.campaign == campaign.id]
            claimed += [lead for lead in known if lead.claim]
            count += withdrawing.withdraw(
                self._table, campaign, known, now=self._clock.now(), clock=self._clock, actor=actor
            )
        return count, claimed

    def clone(self, key: str, name: str = "", *, actor: str = "") -> Campaign:
        """A new draft with the same audience, steps, senders and limits; template versions are free again."""
        old = self.get(key)
        return self.create(
            name or f"{old.name} again",
            steps=[step.model_copy(update={"version": 0}) for step in old.steps],
            senders=old.senders,
            lists=old.lists,
            window=old.window,
            gap=old.gap,
            cap=old.cap,
            filters=old.filters,
            policy=old.policy,
            not_mailed_within_days=old.not_mailed_within_days,
            domain_cap=old.domain_cap,
            actor=actor,
        )

    def _sender(self, address_or_id: str) -> Sender:
        text = address_or_id.strip().lower()
        found = self._lanes.profile(sender_id(text) if "@" in text else text)
        if found is None:
            raise NotFound(
                f"There is no sender “{address_or_id}”.",
                hint=f"Add it with: pivotr sender add {address_or_id}",
            )
        return found

    def _list(self, name: str) -> str:
        checked = check_name("list", name)
        if not self._memberships.exists(checked):
            raise NotFound(
                f"There is no list “{name}”.",
                hint=f"Make it with: pivotr leads import leads.csv --list {checked}",
            )
        return checked

    def _check_template(self, step: Step) -> None:
        newest = self._templates.newest(step.template)
        if newest is None:
            raise NotFound(
                f"There is no template “{step.template}”.",
                hint=f"Make it with: pivotr template create {step.template} --subject … --body-file …",
            )
        if step.version > newest.version:
            raise NotFound(
                f"Template “{step.template}” has no version {step.version}.",
                hint=f"See its versions with: pivotr template show {step.template}",
            )

    def _steps(self, campaign: Campaign, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Steps as they may replace the present ones; a live campaign names fixed versions."""
        if not 1 <= len(steps) <= MAX_STEPS:
            raise InvalidInput(
                f"A campaign has 1 to {MAX_STEPS} steps.", hint="Name the first with --template."
            )
        fixed: list[Step] = []
        for step in steps:
            self._check_template(step)
            newest = self._templates.newest(step.template)
            is_open = campaign.is_live and not step.version and newest is not None
            fixed.append(step.model_copy(update={"version": newest.version}) if is_open and newest else step)
        return tuple(fixed)

    def _with_holidays(self, window: Window) -> Window:
        common = {day for day in self._recent.preferences().text("holidays").split(",") if day}
        return window.model_copy(update={"holidays": frozenset(window.holidays | common)})
