"""Counters on a screen: facts, a funnel with its rates, bars where there is a terminal; and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pivotr.cli.console import Console
    from pivotr.domain.funnels import Funnel, FunnelRow
    from pivotr.domain.reports import AccountMetrics, CampaignMetrics

_BAR = 8
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_DAYS = 60
_MARKS = {"ok": "", "warn": "!", "stop": "STOP"}


def show_account(out: Console, account: AccountMetrics) -> None:
    """The account today and over the week."""
    from pivotr.cli.words import counted

    out.facts(
        [
            ("today", f"{account.day} ({account.zone})"),
            ("mails today", f"{account.used} of {account.limit}"),
            ("last 7 days", f"{counted(account.week_used, 'mail')}, {account.week_bounced} bounced for good, "
             f"{account.week_complained} reported as spam"),
            ("health", ": ".join(filter(None, (account.health, account.health_reason)))),
            ("guard", _guard(account)),
        ]
    )  # fmt: skip
    if account.guard_tripped:
        out.note("When the cause is mended: pivotr campaign resume ID --acknowledge")


def show_campaign(out: Console, one: CampaignMetrics) -> None:
    """One campaign's sums."""
    out.facts([("campaign", f"{one.name} ({one.campaign})"), ("state", one.status)])
    out.facts([(name.replace("_", " "), count) for name, count in one.totals.items() if count])


def show_funnel(out: Console, funnel: Funnel) -> None:
    """A table of all groups; columns in which nothing happened are left out."""
    if not funnel.rows:
        out.note("Nothing is counted yet.")
        return
    out.text()
    if out.is_terminal and funnel.by == "day" and len(funnel.rows) > 1:
        days = _calendar(funnel.rows)
        out.text(f"sent {sparkline(list(days.values()))} {min(days)} to {max(days)}")
    stages = [
        stage for stage, count in funnel.total.counts.items() if count or stage in ("sent", "delivered")
    ]
    rates = [rate for rate in ("bounced", "complained", "replied") if funnel.total.counts[rate]]
    largest = max(row.counts["sent"] for row in funnel.rows)
    has_bars = out.is_terminal and largest > 0
    columns = [funnel.by, *stages, "guard"]
    if not out.is_terminal:
        columns[-1:-1] = [f"{rate} %" for rate in rates]
    rows = [*funnel.rows, funnel.total] if len(funnel.rows) > 1 else funnel.rows
    drawn: list[list[object]] = []
    for row in rows:
        label = row.key if funnel.by == "campaign" and row.key else row.name
        mark = _MARKS[row.level] if row is not funnel.total else ""
        if out.is_terminal:
            counts = [_with_rate(row, stage) if stage in rates else row.counts[stage] for stage in stages]
            bars = [bar(row.counts["sent"], largest) if row is not funnel.total else ""] if has_bars else []
            drawn.append([label, *counts, mark, *bars])
        else:
            counts = [row.counts[stage] for stage in stages]
            drawn.append([label, *counts, *(_percent(row.rates[rate]) for rate in rates), mark])
    out.table([*columns, *([""] if has_bars else [])], drawn, spare=int(has_bars))
    lines = funnel.lines
    out.note(
        f"The guard warns over {_percent(lines['bounce_warn'])} % bounces or "
        f"{_percent(lines['complaint_warn'])} % complaints and stops over {_percent(lines['bounce_stop'])} %"
        f" or {_percent(lines['complaint_stop'])} %, from a few cases on."
    )
    for row in funnel.rows:
        if row.level != "ok":
            out.note(f"{row.name}: {row.reason}")


def _guard(account: AccountMetrics) -> str:
    if account.guard_tripped:
        # the figures may have changed since; the reason is of the moment of the stop
        why = "" if account.guard_reason == account.health_reason else f": {account.guard_reason}"
        return f"has stopped all sending{why}"
    return "sending goes on; the next bounce or complaint stops it" if account.health == "stop" else ""


def write_csv(out: Console, funnel: Funnel) -> None:
    """One line a group, its counters and its rates as shares."""
    import csv

    from pivotr.domain.exports import neutral

    writer = csv.writer(out.stdout, lineterminator="\n")
    stages, rates = list(funnel.total.counts), list(funnel.total.rates)
    writer.writerow([funnel.by, "name", *stages, *(f"{rate}_rate" for rate in rates), "guard"])
    for row in funnel.rows:
        labels = [neutral(row.key), neutral(row.name)]
        writer.writerow([*labels, *(row.counts[stage] for stage in stages), *_shares(row), row.level])


def bar(value: int, largest: int) -> str:
    """A bar of up to eight cells, an eighth of a cell exact."""
    eighths = round(value / largest * _BAR * 8) if largest else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def sparkline(values: list[int]) -> str:
    """One character a value, from the lowest block for nothing to the highest for the largest."""
    largest = max(values, default=0) or 1
    return "".join(_SPARKS[round(value / largest * (len(_SPARKS) - 1))] for value in values)


def _calendar(rows: Sequence[FunnelRow]) -> dict[str, int]:
    """Mails of each day up to the last, days without any too."""
    sent = {row.key: row.counts["sent"] for row in rows}
    last = date.fromisoformat(rows[-1].key)
    count = min(_SPARK_DAYS, (last - date.fromisoformat(rows[0].key)).days + 1)
    days = [(last - timedelta(days=ago)).isoformat() for ago in reversed(range(count))]
    return {day: sent.get(day, 0) for day in days}


def _with_rate(row: FunnelRow, stage: str) -> str:
    """A counter and its share of the mails: three columns of a narrow terminal in one."""
    count, rate = row.counts[stage], row.rates[stage]
    return f"{count}\u00a0({_percent(rate)}\u00a0%)" if count and rate is not None else str(count)


def _shares(row: FunnelRow) -> list[str]:
    return ["" if rate is None else f"{rate:.6f}" for rate in row.rates.values()]


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate * 100:.2f}".rstrip("0").rstrip(".")
