"""A chart of the funnel for a report: one PNG file, drawn without a display."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pivotr.domain.funnels import Funnel, FunnelRow

#: Groups that a page can hold; the largest are shown.
_MOST = 30
_INK, _SENT, _DELIVERED, _BOUNCED, _COMPLAINED = "#333333", "#b8c4d6", "#4c78a8", "#d1495b", "#8f2d56"
_WARN, _STOP = "#e0a030", "#d1495b"


def check_extra() -> None:
    """Raises Misconfigured where charts are not installed."""
    from importlib.util import find_spec

    from pivotr.errors import Misconfigured

    if find_spec("matplotlib") is None:
        raise Misconfigured("Charts need matplotlib.", hint='Install it with: pip install "pivotr[charts]"')


def draw(funnel: Funnel, path: Path) -> None:
    """Write the chart. Raises InvalidInput where nothing is counted or the file cannot be written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from pivotr.errors import InvalidInput

    if not funnel.rows:
        raise InvalidInput("There is nothing to draw yet.", hint="Send something first: pivotr run")
    rows = list(funnel.rows[-_MOST:] if funnel.by == "day" else funnel.rows[:_MOST])
    figure = Figure(figsize=(10, 6.5), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    mails, rates = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    places = range(len(rows))
    _bars(mails, places, rows)
    _rates(rates, places, rows, funnel)
    names = [_short(row.name) for row in rows]
    rates.set_xticks(
        list(places), names, rotation=0 if len(rows) <= 6 else 60, ha="center" if len(rows) <= 6 else "right"
    )
    figure.suptitle(_title(funnel), color=_INK, fontsize=13, x=0.01, ha="left")
    try:
        figure.savefig(path, format="png", metadata={"Software": "pivotr"})
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be written: {error.strerror}.", hint="Choose another place."
        ) from None


def _bars(axes: Any, places: range, rows: list[FunnelRow]) -> None:
    sent, delivered = ([row.counts[stage] for row in rows] for stage in ("sent", "delivered"))
    axes.bar(places, sent, color=_SENT, width=0.8, label="sent")
    axes.bar(places, delivered, color=_DELIVERED, width=0.5, label="delivered")
    axes.set_ylabel("mails", color=_INK)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    _clean(axes)


def _rates(axes: Any, places: range, rows: list[FunnelRow], funnel: Funnel) -> None:
    # only days follow each other: other groups are points
    line = "-" if funnel.by == "day" else ""
    worst = 100 * funnel.lines["bounce_stop"] * 1.3
    for stage, mark, colour, label in (
        ("bounced", "o", _BOUNCED, "bounced for good"),
        ("complained", "s", _COMPLAINED, "reported as spam"),
    ):
        shares = [100 * (row.rates[stage] or 0) for row in rows]
        axes.plot(places, shares, f"{mark}{line}", color=colour, markersize=4, linewidth=1.2, label=label)
        worst = max(worst, *shares)
    for level, colour, label in (("warn", _WARN, "guard warns"), ("stop", _STOP, "guard stops")):
        share = 100 * funnel.lines[f"bounce_{level}"]
        axes.axhline(share, color=colour, linewidth=0.8, linestyle="--", label=f"{label} (bounces)")
    axes.set_ylabel("% of mails", color=_INK)
    axes.set_ylim(bottom=0, top=worst * 1.08)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8)
    _clean(axes)


def _clean(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=_INK)
    axes.grid(axis="y", color="#eeeeee")
    axes.set_axisbelow(True)


def _title(funnel: Funnel) -> str:
    what = f"campaign {funnel.campaign}" if funnel.campaign else "all campaigns"
    since = f", since {funnel.since}" if funnel.since else ""
    total = funnel.total.counts
    return (
        f"Mails by {funnel.by}: {what}{since}\n"
        f"{total['sent']:,} sent, {total['delivered']:,} delivered, {total['bounced']:,} bounced, "
        f"{total['complained']:,} complaints, {total['replied']:,} replies"
    )


def _short(name: str) -> str:
    # letters that the chart's font cannot hold would be boxes and warnings
    plain = name.encode("latin-1", "replace").decode("latin-1").replace("$", r"\$")
    return plain if len(plain) <= 28 else plain[:27] + "."
