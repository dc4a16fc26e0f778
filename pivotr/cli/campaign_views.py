"""How a campaign is told: its options, its funnel, its lanes, and what happens next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pivotr.cli.context import console, services
from pivotr.cli.words import counted, lane_words, placed, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pivotr.domain.campaigns import Campaign
    from pivotr.domain.readiness import Remark
    from pivotr.services.campaigns import CampaignView

#: Counter → how the funnel calls it; shown where it is not 0, the first three always.
FUNNEL = {
    "enrolled": "enrolled",
    "sent": "sent",
    "delivered": "delivered",
    "skipped": "skipped",
    "failed": "failed",
    "in_doubt": "unconfirmed",
    "transient": "bounced for now",
    "bounced": "bounced for good",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
    "replied": "replied",
    "withdrawn": "withdrawn",
}
#: Why a member of the lists is not in the audience.
LEFT_OUT = {
    "suppressed": "suppressed, unsubscribed, bounced or complained",
    "busy": "waiting in another campaign",
    "state": "in another state than asked for",
    "filter": "kept out by the filters",
    "mailed recently": "mailed too recently",
}


def as_data(view: CampaignView) -> dict[str, Any]:
    """A campaign for `--json`."""
    lanes = [
        {
            "sender": sender.address,
            "waits_for": lane.why,
            "next_at": lane.due_at,
            "open": lane.is_on and view.campaign.id in lane.campaigns,
            "stopped": lane.stopped,
        }
        for sender, lane in view.senders
    ]
    totals = view.totals | {"waiting": waiting(view)}
    return {**view.campaign.model_dump(mode="json"), "totals": totals, "lanes": lanes}


def waiting(view: CampaignView) -> int:
    """Leads for whom a mail of the campaign is still to come."""
    return max(0, view.totals["enrolled"] - view.totals["finished"])


def show(view: CampaignView) -> None:
    """The whole campaign on stdout."""
    campaign, out = view.campaign, console()
    now = services().ports.clock.now()
    out.facts(_facts(view, now))
    if campaign.status == "draft":
        out.note(f"Next: pivotr campaign preview {campaign.id}, then pivotr campaign start {campaign.id}")
        return
    out.text()
    shown = list(FUNNEL)[:3]
    rows = [
        (word, view.totals.get(key, 0))
        for key, word in FUNNEL.items()
        if key in shown or view.totals.get(key, 0)
    ]
    out.table(["leads", "count"], [*rows, ("waiting", waiting(view))])
    if campaign.enrol.left_out:
        out.text()
        out.table(
            ["left out", "count"],
            [(LEFT_OUT.get(key, key), count) for key, count in sorted(campaign.enrol.left_out.items())],
        )
    if campaign.is_live:
        out.text()
        out.table(
            ["sender", "state"],
            [
                (sender.address, lane_words(lane, campaign.zone, now, campaign))
                for sender, lane in view.senders
            ],
        )
        if campaign.status == "running" and not is_driven():
            out.note("Nothing leaves now: start `pivotr run`.")
    if campaign.status == "paused":
        out.note(campaign.way_on)
    if view.totals.get("in_doubt", 0):
        out.note("Unconfirmed: nobody knows whether these mails went out. The provider's events settle them.")


def is_driven() -> bool:
    """True where somebody sends: an account of AWS does by itself, this machine while `pivotr run` is on."""
    from pivotr.wiring import run_lock

    return not is_driven_here() or run_lock(services().settings).is_held()


def _facts(view: CampaignView, now: datetime) -> list[tuple[str, object]]:
    from pivotr.domain.pacing import format_gap
    from pivotr.domain.steps import format_step
    from pivotr.domain.windows import format_window

    campaign = view.campaign
    zone = campaign.zone
    due = services().explaining.next_due(campaign) if campaign.is_live and waiting(view) else None
    return [
        ("name", campaign.name),
        ("id", campaign.id),
        ("status", campaign.status + (f" ({campaign.reason})" if campaign.reason else "")),
        ("started", when(campaign.started_at, zone, now) and _past(campaign.started_at, zone)),
        ("ended", _past(campaign.ended_at, zone)),
        ("lists", ", ".join(campaign.lists)),
        ("only", _filters(campaign)),
        ("steps", ", ".join(format_step(step) for step in campaign.steps)),
        ("senders", ", ".join(sender.address for sender, _ in view.senders)),
        ("window", format_window(campaign.window)),
        ("pace", f"{format_gap(campaign.gap)} s between mails, at most {campaign.cap} a day"),
        ("policy", _policy(campaign)),
        ("next due", placed(due, zone, now) if due else ""),
        ("enrolment", "goes on" if campaign.status == "running" and not campaign.enrol.done else ""),
    ]


def _filters(campaign: Campaign) -> str:
    found = campaign.filters.model_dump(mode="json", exclude_defaults=True)
    days = found.pop("exclude_mailed_within_days", 0)
    parts = [f"{name} {', '.join(values)}" for name, values in found.items()]
    return "; ".join([*parts, *([f"not mailed within {days} days"] if days else [])])


def _policy(campaign: Campaign) -> str:
    choices = ", ".join(
        f"{choice} {name.replace('_', '-')}" for name, choice in campaign.policy.model_dump().items()
    )
    soft = [f"put off who was mailed within {campaign.not_mailed_within_days} days"] * bool(
        campaign.not_mailed_within_days
    )
    soft += [f"at most {campaign.domain_cap} a day to one domain"] * bool(campaign.domain_cap)
    return "; ".join([choices, *soft])


def _past(instant: str, zone: str) -> str:
    from zoneinfo import ZoneInfo

    from pivotr.domain.instants import from_text

    return f"{from_text(instant).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})" if instant else ""


def first_mail_at(view: CampaignView, now: datetime) -> datetime | None:
    """About when the next mail of a campaign may leave: its lanes and its window, None when never."""
    from pivotr.domain.instants import from_text
    from pivotr.domain.windows import next_open

    turns = [max(from_text(lane.due_at), now) for _, lane in view.senders if lane.open and not lane.stopped]
    return next_open(view.campaign.window, min(turns)) if turns else None


def tell_warnings(warnings: Sequence[Remark]) -> None:
    """Each on stderr, with what helps."""
    for one in warnings:
        console().warn(f"{one.sentence} {one.hint}".strip())


def is_driven_here() -> bool:
    """Whether `pivotr run` does the work; in an account of AWS its own functions do."""
    settings = services().settings
    return settings.env == "local" and not settings.api_url


def soon(word: str) -> str:
    """When what was asked for is done: `while pivotr run is running`, or on AWS by itself."""
    return f"{word} `pivotr run` is running" if is_driven_here() else "by itself within minutes"


def tell_start(view: CampaignView, verb: str, mail: str, *, warnings: Sequence[Remark] = ()) -> None:
    """What happens now that a campaign runs, and what would surprise later; `mail` is "first" or "next"."""
    campaign, out = view.campaign, console()
    now = services().ports.clock.now()
    at = first_mail_at(view, now)
    out.success(f"“{campaign.name}” {verb}.")
    if at is None:
        out.warn("No sender of it is open, so nothing leaves yet.")
    elif at <= now:
        out.note(f"The {mail} mail goes out {soon('as soon as')}.")
    else:
        here = ", if `pivotr run` is running" if is_driven_here() else ""
        out.note(f"The {mail} mail goes out about {when(at, campaign.zone, now)} ({campaign.zone}){here}.")
    account, room = _caps(view, now)
    for sender, lane in view.senders:
        if lane.stopped:
            out.warn(f"{sender.address} was stopped: {lane.stopped}")
        if lane.stopped or not lane.open:
            mended = " --acknowledge" if lane.stopped else ""
            out.note(f"Open it with: pivotr sender resume {sender.address}{mended}")
    out.note(f"At most {counted(min(campaign.cap, account, room), 'mail')} a day.")
    if account < campaign.cap and services().sees_bounces():
        out.warn(
            f"The account sends at most {account} a day, all campaigns together: below this campaign's "
            f"{campaign.cap}. Raise it: pivotr settings set account.cap {campaign.cap}"
        )
    if room < campaign.cap:
        grows = ", growing by their ramps" if any(sender.ramp for sender, _ in view.senders) else ""
        out.warn(f"Its senders send at most {room} a day{grows}: below this campaign's {campaign.cap}.")
    if trouble := _trouble_with_first_mail(campaign):
        out.warn(
            f"The first mail cannot be written, so its lead will be skipped: {trouble} "
            f"Look at them: pivotr campaign preview {campaign.id}"
        )
    tell_warnings(warnings)
    out.note(f"Watch it: pivotr campaign show {campaign.id}")


def _caps(view: CampaignView, now: datetime) -> tuple[int, int]:
    """Most mails today of the account, and of the campaign's mailboxes together."""
    from pivotr.domain.instants import local_day

    account = services().recent.preferences().whole("account.cap")
    return account, sum(lane.cap_on(local_day(now, lane.zone)) for _, lane in view.senders)


def _trouble_with_first_mail(campaign: Campaign) -> str:
    """Why the first mail cannot be rendered; empty where it can."""
    from pivotr.errors import InvalidInput

    try:
        services().previews.campaign(campaign.id, None, 1)
    except InvalidInput as error:
        return error.sentence
    return ""
