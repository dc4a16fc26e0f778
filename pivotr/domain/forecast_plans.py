"""What a forecast starts from: campaigns, mailboxes and the account as they stand at one instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pivotr.domain.campaigns import Campaign
from pivotr.domain.instants import from_text, local_day
from pivotr.domain.lanes import Lane, LaneRamp
from pivotr.domain.pacing import Gap
from pivotr.domain.senders import slower
from pivotr.domain.windows import Window


@dataclass(frozen=True, slots=True)
class LanePlan:
    """A mailbox: its cap with the ramp's state, what it has sent on `day`, when its next turn may be."""

    sender: str
    zone: str = "UTC"
    cap: int = 300
    ramp: LaneRamp | None = None
    gap: Gap | None = None
    day: str = ""
    used: int = 0
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign: leads that wait for their first mail and follow-ups that are dated already, by sender id.

    `delays` holds the open days before each follow-up, `follow_ups` pairs of step and instant, `used` what of
    the shares is used on the campaign's day of the start. Leads of no known sender (`unpinned`) are spread by
    the shares.
    """

    id: str
    window: Window
    gap: Gap
    shares: Mapping[str, int]
    leads: Mapping[str, int] = field(default_factory=dict)
    unpinned: int = 0
    delays: tuple[int, ...] = ()
    follow_ups: Mapping[str, tuple[tuple[int, datetime], ...]] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)

    @property
    def cap(self) -> int:
        """Mails a day of all its senders together."""
        return sum(self.shares.values())

    @property
    def waiting(self) -> int:
        """Leads whose first mail is still to come."""
        return sum(self.leads.values()) + self.unpinned


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a forecast of `campaign` depends on.

    `others` are the live campaigns on the same mailboxes. `quota` is the provider's for 24 hours, None where
    there is none; `verifier_rate` is in checks a minute, None where checks are free. `invalid_share` of the
    leads is left out by the verifier, without taking a turn.
    """

    start: datetime
    campaign: CampaignPlan
    lanes: tuple[LanePlan, ...]
    others: tuple[CampaignPlan, ...] = ()
    account_cap: int = 300
    account_zone: str = "UTC"
    account_used: int = 0
    quota: int | None = None
    verifier_rate: float | None = None
    verdict_days: int = 30
    invalid_share: float = 0.0
    unchecked_share: float = 1.0


def lane_plan(lane: Lane, campaign: Campaign, gap: Gap | None, now: datetime) -> LanePlan:
    """A mailbox as it stands now; `gap` is its own floor. Its next turn keeps the pace of its last mail."""
    entry = lane.campaigns.get(campaign.id)
    free_at = None
    if entry and entry.open and lane.why in ("gap", "backoff") and lane.due_at:
        free_at = from_text(lane.due_at)
    elif lane.last_sent_at:
        free_at = from_text(lane.last_sent_at) + timedelta(seconds=slower(campaign.gap, gap).mean)
    today = local_day(now, lane.zone)
    is_today = lane.day == today
    return LanePlan(
        sender=lane.id,
        zone=lane.zone,
        # every recipient takes a place
        cap=lane.cap_on(today) // (1 + lane.copies),
        ramp=lane.ramp,
        gap=gap,
        day=lane.day if is_today else "",
        used=lane.used // (1 + lane.copies) if is_today else 0,
        free_at=free_at,
    )
