"""What a verdict on an address means for its mail: send, skip, or look a second time later.

Follows the policy that the verifier's own documents suggest, with the doubtful cases in the operator's hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from pivotr.domain.instants import from_text

Choice: TypeAlias = Literal["send", "skip"]

#: Looks at an address that the verifier could not judge: the first, and one more after half an hour.
MAX_LOOKS = 2


class Policy(BaseModel):
    """What a campaign does with addresses that can be mailed but are doubtful.

    `catch_all`: the domain takes mail for any name. `unknown`: the verifier could not tell, twice.
    `role`: info@, sales@ and the like. `disposable`: a mailbox for a day.
    """

    model_config = ConfigDict(frozen=True)

    catch_all: Choice = "skip"
    unknown: Choice = "skip"
    role: Choice = "send"
    disposable: Choice = "skip"


@dataclass(frozen=True, slots=True)
class Decision:
    """`later` asks for another look at the address in half an hour or more; `reason` is one sentence."""

    action: Literal["send", "skip", "later"]
    reason: str = ""


def decide(verdict: str, flags: frozenset[str], policy: Policy, *, tries: int = 0) -> Decision:
    """What to do with a lead of this verdict and these flags (see `ports.verifier`).

    `tries` counts the times that the address was put off for a second look. A verdict that is none of ours
    means "do not send".
    """
    refusal = _refusal(verdict, flags, policy)
    if refusal:
        return Decision("skip", refusal)
    if "greylisted" in flags or verdict == "unknown":
        if tries < MAX_LOOKS - 1:
            return Decision("later", "The receiving server could not be asked yet.")
        if policy.unknown == "send":
            return Decision("send")
        return Decision("skip", "Nobody could tell whether the mailbox exists, also at the second look.")
    return Decision("send")


def is_fresh(verified_at: str, now: datetime, days: int = 30) -> bool:
    """True while a verdict of that instant may be trusted; false where there is no readable instant."""
    if not verified_at or days <= 0:
        return False
    try:
        at = from_text(verified_at)
    except ValueError:
        return False
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return now - at < timedelta(days=days)


#: Flag → what it means where the policy says "skip". The first that applies is told.
_DOUBTS = {
    "disposable": "The mailbox is a disposable one.",
    "role": "The address belongs to a role, not to a person.",
    "catch_all": "The domain takes mail for any name, so the mailbox may not exist.",
}


def _refusal(verdict: str, flags: frozenset[str], policy: Policy) -> str:
    """Why the address is not mailed whatever another look would say; empty where nothing is against it."""
    if verdict == "invalid":
        return "There is no such mailbox."
    if "spam_trap" in flags:
        return "The address is a spam trap."
    if verdict not in ("valid", "risky", "unknown"):
        return "The verifier gave no usable answer." if verdict else "The address has not been verified."
    for flag, meaning in _DOUBTS.items():
        if flag in flags and getattr(policy, flag) == "skip":
            return meaning
    if verdict == "risky" and not flags & {*_DOUBTS, "greylisted"}:
        return "The verifier calls the address risky and does not say why."
    return ""
