"""What a month may use: invocations, writes and mails, from the daily cap that new accounts start with."""

from __future__ import annotations

from dataclasses import dataclass

from pivotr.domain.preferences import PREFERENCES

#: Prefix of usage types by Region, as billing writes them; us-east-1 has none. Regions that are missing here
#: have no budgets in CloudFormation (its registry of resource types by Region): a stack with one would fail.
BILLING_PREFIX = {
    "us-east-1": "", "us-east-2": "USE2-", "us-west-1": "USW1-", "us-west-2": "USW2-",
    "ca-central-1": "CAN1-", "sa-east-1": "SAE1-", "eu-west-1": "EU-", "eu-west-2": "EUW2-",
    "eu-west-3": "EUW3-", "eu-central-1": "EUC1-", "ap-south-1": "APS3-", "ap-southeast-1": "APS1-",
    "ap-southeast-2": "APS2-", "ap-northeast-1": "APN1-", "ap-northeast-2": "APN2-", "me-south-1": "MES1-",
}  # fmt: skip
#: The product requirements' floors: no budget is smaller.
LEAST_INVOCATIONS, LEAST_WRITES, LEAST_MAILS = 50_000, 100_000, 10_000
#: Invocations that come whatever is sent, at one a minute for 31 days, and those of one mail.
IDLE_INVOCATIONS, INVOCATIONS_PER_MAIL = 44_640, 4
#: Write units of one delivered mail, index entries and counters included, with some room.
WRITES_PER_MAIL = 25
DAYS = 31


@dataclass(frozen=True, slots=True)
class Allowance:
    """A month's use of one kind; `usage_types` are billing's names for it, all counted in `unit`."""

    name: str
    amount: int
    unit: str
    usage_types: tuple[str, ...]


def has_budgets(region: str) -> bool:
    """True where CloudFormation knows budgets. Elsewhere one made by hand, in any Region, does the same."""
    return region in BILLING_PREFIX


def allowances(region: str) -> tuple[Allowance, ...]:
    """The budgets of use of a Region; none where it has no budgets."""
    prefix = BILLING_PREFIX.get(region)
    if prefix is None:
        return ()
    mails = max(LEAST_MAILS, DAYS * _daily_cap())
    invocations = max(LEAST_INVOCATIONS, IDLE_INVOCATIONS + INVOCATIONS_PER_MAIL * mails)
    writes = max(LEAST_WRITES, WRITES_PER_MAIL * mails)
    requests = (f"{prefix}Request", f"{prefix}Request-ARM")
    return (
        Allowance("invocations", invocations, "Requests", requests),
        Allowance("writes", writes, "WriteRequestUnits", (f"{prefix}WriteRequestUnits",)),
        Allowance("mails", mails, "Count", (f"{prefix}Recipients",)),
    )


def _daily_cap() -> int:
    """The cap that an account starts with; what an operator sets later is not known to a template."""
    return int(str(PREFERENCES["account.cap"].default))
