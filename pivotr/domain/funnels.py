"""From enrolled to replied: counters by day, campaign, mailbox, domain, list or step, with their rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from pivotr.domain.guard import Figures, Health, Level, Levels, judge, judge_domain, judge_early, judge_sender

By: TypeAlias = Literal["day", "campaign", "sender", "domain", "list", "step"]
GROUPS: tuple[By, ...] = ("day", "campaign", "sender", "domain", "list", "step")
#: Counters in the order in which a mail meets them.
STAGES = (
    "enrolled", "skipped", "failed", "sent", "delivered", "transient", "bounced", "complained",
    "unsubscribed", "replied", "opened", "clicked",
)  # fmt: skip
#: Those that are told as a share of the mails sent.
RATES = ("delivered", "bounced", "complained", "unsubscribed", "replied")


class FunnelRow(BaseModel):
    """One group. `rates` are shares (0 to 1) of its mails; None where none was sent. `level` is the guard's
    judgement of these figures alone, `reason` its sentence."""

    model_config = ConfigDict(frozen=True)

    key: str
    name: str
    counts: dict[str, int]
    rates: dict[str, float | None]
    level: Level = "ok"
    reason: str = ""


class Funnel(BaseModel):
    """All groups and their sum; `lines` are the shares at which the guard warns and stops."""

    model_config = ConfigDict(frozen=True)

    by: By
    campaign: str = ""
    since: str = ""
    rows: tuple[FunnelRow, ...]
    total: FunnelRow
    lines: dict[str, float]


def funnel(
    by: By,
    groups: Sequence[tuple[str, str, Mapping[str, int]]],
    levels: Levels,
    *,
    campaign: str = "",
    since: str = "",
) -> Funnel:
    """Rows of (key, name, counters) as a funnel."""
    sums: dict[str, int] = {}
    for _, _, counts in groups:
        for stage in STAGES:
            sums[stage] = sums.get(stage, 0) + counts.get(stage, 0)
    return Funnel(
        by=by,
        campaign=campaign,
        since=since,
        rows=tuple(_row(by, key, name, counts, levels) for key, name, counts in groups),
        total=_row("day", "", "all", sums, levels),
        lines={
            "bounce_warn": levels.bounce_warn,
            "bounce_stop": levels.bounce_stop,
            "complaint_warn": levels.complaint_warn,
            "complaint_stop": levels.complaint_stop,
        },
    )


def _row(by: By, key: str, name: str, counts: Mapping[str, int], levels: Levels) -> FunnelRow:
    sent = counts.get("sent", 0)
    rates = {rate: counts.get(rate, 0) / sent if sent else None for rate in RATES}
    health = _judged(by, Figures(sent, counts.get("bounced", 0), counts.get("complained", 0)), levels)
    return FunnelRow(
        key=key,
        name=name,
        counts={stage: counts.get(stage, 0) for stage in STAGES},
        rates=rates,
        level=health.level,
        reason=health.reason,
    )


def _judged(by: By, figures: Figures, levels: Levels) -> Health:
    if by in ("campaign", "list"):
        return judge_early(figures, levels)
    if by == "domain":
        health = judge_domain(figures, levels)
        return Health("warn", health.reason) if health.level == "stop" else Health("ok")
    return judge_sender(figures, levels) if by == "sender" else judge(figures, levels)
