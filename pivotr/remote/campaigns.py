"""Campaigns by the API: create, look at, change, move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pivotr.api.models.campaigns import CampaignChange, CampaignNew
from pivotr.domain.campaigns import Campaign, Filters
from pivotr.domain.lanes import Lane
from pivotr.domain.pacing import Gap, format_gap
from pivotr.domain.senders import Sender
from pivotr.domain.steps import Step, format_step
from pivotr.domain.verification import Policy
from pivotr.domain.windows import Window, format_window
from pivotr.remote.nouns import RemoteNoun, body
from pivotr.remote.parsing import campaign_from, lane_from, sender_from

_EVERYBODY = Filters()
_CAREFUL = Policy()


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign with its counters and the lanes that it uses."""

    campaign: Campaign
    totals: dict[str, int]
    senders: list[tuple[Sender, Lane]]


class Campaigns(RemoteNoun):
    """Everything about campaigns but their states."""

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
        filters: Filters = _EVERYBODY,
        policy: Policy = _CAREFUL,
        not_mailed_within_days: int = 0,
        domain_cap: int = 0,
        actor: str = "",  # noqa: ARG002
    ) -> Campaign:
        """A new draft. Raises InvalidInput, NotFound."""
        made = body(
            CampaignNew,
            name=name,
            steps=[format_step(step) for step in steps],
            senders=list(senders),
            lists=list(lists),
            window=format_window(window),
            gap=format_gap(gap),
            cap=cap,
            filters=filters.model_dump(),
            policy=policy.model_dump(),
            not_mailed_within_days=not_mailed_within_days,
            domain_cap=domain_cap,
        )
        return campaign_from(self._api.campaigns.create(made))

    def all(self) -> list[Campaign]:
        """Every campaign, newest first."""
        return [campaign_from(one) for one in self._api.campaigns.list()]

    def get(self, key: str) -> Campaign:
        """One campaign. Raises NotFound."""
        return campaign_from(self._api.campaigns.read(key))

    def show(self, key: str) -> CampaignView:
        """One campaign with counters and lanes. Raises NotFound."""
        found = self._api.campaigns.read(key)
        now = self._now()
        used = {lane.sender for lane in found.lanes}
        mailboxes = [one for one in self._api.senders.list() if one.address in used]
        return CampaignView(
            campaign_from(found),
            found.totals,
            [(sender_from(one), lane_from(one, now)) for one in mailboxes],
        )

    def update(self, key: str, *, actor: str = "", **changes: Any) -> Campaign:  # noqa: ARG002
        """Change a campaign that is not over. Raises NotFound, InvalidInput, Conflict."""
        written = {
            name: _WRITTEN[name](value) if name in _WRITTEN else value for name, value in changes.items()
        }
        return campaign_from(self._api.campaigns.update(key, body(CampaignChange, **written)))


_WRITTEN: dict[str, Any] = {
    "steps": lambda steps: [format_step(step) for step in steps],
    "window": format_window,
    "gap": format_gap,
    "policy": lambda policy: policy.model_dump(),
}


class Transitions(RemoteNoun):
    """Start, pause, resume, abort."""

    def start(self, key: str, *, actor: str = "", acknowledge: bool = False) -> Campaign:  # noqa: ARG002
        """Begin. Raises Conflict, InvalidInput."""
        return campaign_from(self._api.campaigns.start(key, acknowledge=acknowledge))

    def pause(self, key: str, *, actor: str = "") -> Campaign:  # noqa: ARG002
        """Claim no more mails. Raises Conflict."""
        return campaign_from(self._api.campaigns.pause(key))

    def resume(self, key: str, *, actor: str = "", acknowledge: bool = False) -> Campaign:  # noqa: ARG002
        """Go on. Raises Conflict."""
        return campaign_from(self._api.campaigns.resume(key, acknowledge=acknowledge))

    def abort(self, key: str, *, actor: str = "") -> Campaign:  # noqa: ARG002
        """End for good. Raises Conflict."""
        return campaign_from(self._api.campaigns.abort(key))
