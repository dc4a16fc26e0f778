"""A sender: one mailbox, one address for ever; its name, pace, cap and ramp."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from pivotr.domain.chance import base32
from pivotr.domain.lanes import LaneRamp
from pivotr.domain.pacing import Gap, Ramp

#: Most copies of one mail: more than a few are no personal mail.
MAX_COPIES = 3


class Sender(BaseModel):
    """The profile of a mailbox. `gap` None leaves the pace to the campaign; set, it is a floor."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    address: str
    name: str = ""
    reply_to: str = ""
    signature: str = ""
    zone: str = "UTC"
    cap: int = Field(default=300, ge=1)
    ramp: Ramp | None = None
    gap: Gap | None = None
    #: Addresses that get a copy of every mail; each counts as a mail against quota and caps.
    cc: tuple[str, ...] = ()
    created_at: str = ""
    #: Grows with every change.
    rev: int = 0

    @property
    def domain(self) -> str:
        """The domain of the address."""
        return self.address.rpartition("@")[2]

    def lane_ramp(self) -> LaneRamp | None:
        """The ramp of a mailbox that has not sent yet."""
        if self.ramp is None:
            return None
        return LaneRamp(0, self.ramp.start, self.ramp.step, min(self.ramp.maximum, self.cap))


def sender_id(address: str) -> str:
    """The id of the mailbox with this normalised address: letters and digits, fit for an SES tag."""
    return "s" + base32(hashlib.sha256(address.encode()).digest()[:10])


def slower(campaign: Gap, sender: Gap | None) -> Gap:
    """The pace of a campaign's mails from a sender: the slower of both in every figure."""
    if sender is None:
        return campaign
    return Gap(
        mean=max(campaign.mean, sender.mean),
        deviation=max(campaign.deviation, sender.deviation),
        minimum=max(campaign.minimum, sender.minimum),
        maximum=max(campaign.maximum, sender.maximum),
    )
