"""Campaigns: list, create, read, update, and what is to be expected of one."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, check_match, services, telling_what_is_lacking
from pivotr.api.models.campaigns import CampaignChange, CampaignNew, SendTest
from pivotr.api.paging import Cursor, Limit, page, part
from pivotr.api.rendering import Answer, answer, plain
from pivotr.api.routing import JSON, Noun
from pivotr.domain import campaign_defaults
from pivotr.domain.campaigns import Campaign, CampaignStatus, Filters
from pivotr.domain.lanes import Lane
from pivotr.domain.pacing import format_gap, parse_gap
from pivotr.domain.senders import Sender
from pivotr.domain.steps import format_step, parse_step
from pivotr.domain.verification import Policy
from pivotr.domain.windows import format_window, parse_window
from pivotr.errors import InvalidInput

noun = Noun("campaigns", names.API_CAMPAIGNS)

#: Leads that a check before the start looks at, within the time of one request.
_LOOKED_AT = 1000
_PLAIN = (
    "id", "name", "status", "reason", "created_at", "started_at", "ended_at", "lists", "filters", "cap",
    "policy", "not_mailed_within_days", "domain_cap",
)  # fmt: skip


@noun.route("GET", "/api/campaigns", role="viewer", answer="[Campaign]")
def list_campaigns(
    status: Annotated[CampaignStatus | None, Query(description="Only these.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Answer:
    """All campaigns, newest first, page by page."""
    found = [one for one in services().campaigns.all() if status in (None, one.status)]
    query = ("campaigns", status)
    some, more = part(found, lambda one: one.id, limit=limit, cursor=cursor, query=query)
    return answer(page([campaign_data(one) for one in some], more, query))


@noun.route(
    "POST", "/api/campaigns", role="operator", status=201, answer="Campaign", errors=(404, 409),
    media=(JSON,), is_repeatable=True, has_tag=True,
)  # fmt: skip
def create_campaign(campaign: CampaignNew) -> Answer:
    """Create a draft. Nothing is sent before it is started.

    Without a window it sends in working hours of the account's time zone.
    """
    zone = str(services().preferences.get("account.zone").value)
    made = services().campaigns.create(
        campaign.name,
        steps=_steps(campaign.steps),
        senders=campaign.senders,
        lists=campaign.lists,
        window=parse_window(campaign.window or campaign_defaults.WINDOW, zone),
        gap=parse_gap(campaign.gap or campaign_defaults.GAP),
        cap=campaign.cap or campaign_defaults.CAP,
        filters=Filters.model_validate(campaign.filters.model_dump()),
        policy=Policy.model_validate(campaign.policy.model_dump(exclude_none=True)),
        not_mailed_within_days=campaign.not_mailed_within_days,
        domain_cap=campaign.domain_cap,
        actor=actor(),
    )
    return answer(campaign_data(made), status=201, tag=tag_of(made), location=f"/api/campaigns/{made.id}")


@noun.route("GET", "/api/campaigns/{id}", role="viewer", answer="CampaignView", errors=(404,), has_tag=True)
def read_campaign(id: str) -> Answer:  # noqa: A002
    """One campaign with its counters and what its mailboxes wait for.

    The ETag stands for what an operator has said; counters move without it.
    """
    view = services().campaigns.show(id)
    totals = view.totals | {"waiting": max(0, view.totals["enrolled"] - view.totals["finished"])}
    lanes = [_lane(view.campaign, sender, lane) for sender, lane in view.senders]
    return answer(
        {**campaign_data(view.campaign), "totals": totals, "lanes": lanes}, tag=tag_of(view.campaign)
    )


@noun.route(
    "PUT", "/api/campaigns/{id}", role="operator", answer="Campaign", errors=(404, 409), media=(JSON,),
    needs_match=True,
)  # fmt: skip
def update_campaign(id: str, change: CampaignChange) -> Answer:  # noqa: A002
    """Change a campaign that is not over; what runs goes on by the new rules."""
    old = services().campaigns.get(id)
    check_match(tag_of(old))
    changes: dict[str, Any] = change.model_dump(exclude_none=True)
    if not changes:
        raise InvalidInput("Nothing to change was given.", hint='For example: {"cap": 120}')
    if change.steps is not None:
        changes["steps"] = _steps(change.steps)
    if change.window is not None:
        changes["window"] = parse_window(change.window, old.window.zone)
    if change.gap is not None:
        changes["gap"] = parse_gap(change.gap)
    if change.policy is not None:
        changes["policy"] = old.policy.model_copy(update=change.policy.model_dump(exclude_none=True))
    new = services().campaigns.update(old.id, actor=actor(), revision=old.rev, **changes)
    return answer(campaign_data(new), tag=tag_of(new))


@noun.route("GET", "/api/campaigns/{id}/preview", role="viewer", answer="Previews", errors=(404,))
def preview_campaign(
    *,
    id: str,  # noqa: A002
    lead: Annotated[str, Query(max_length=320, description="Only the mail to this lead.")] = "",
    count: Annotated[int, Query(ge=1, le=50, description="How many leads.")] = 3,
    step: Annotated[int, Query(ge=1, le=20, description="Which mail of the sequence.")] = 1,
) -> Answer:
    """What leads would get, exactly. Nothing is sent. `mail` is the whole mail as it would leave."""
    mails = services().previews.campaign(id, lead or None, count, step=step)
    kept = ("lead_id", "to", "sender", "subject", "text", "html", "variant")
    return answer(
        {"items": [{**{name: getattr(one, name) for name in kept}, "mail": one.data} for one in mails]}
    )


@noun.route("GET", "/api/campaigns/{id}/readiness", role="viewer", answer="Readiness", errors=(404,))
def check_campaign(id: str) -> Answer:  # noqa: A002
    """Whether a campaign may start: what forbids it, what is worth knowing before.

    Of a long audience its first thousand are looked at.
    """
    return answer(services().readiness.check(id, limit=_LOOKED_AT))


@noun.route("POST", "/api/campaigns/{id}/test-send", role="operator", answer="TestSends",
            errors=(404, 409), media=(JSON,), is_repeatable=True)  # fmt: skip
def test_send_campaign(id: str, test: SendTest) -> Answer:  # noqa: A002
    """Send the very mail of a lead to addresses of one's own, outside of metrics and caps."""
    with telling_what_is_lacking():
        sent = services().test_sends.send(id, test.to, lead=test.lead, step=test.step, actor=actor())
    kept = ("to", "result", "detail", "message_id", "sender", "lead", "subject", "variant", "attempt")
    return answer(
        {"items": [{**{name: getattr(one, name) for name in kept}, "mail": one.data} for one in sent]}
    )


@noun.route("GET", "/api/campaigns/{id}/forecast", role="viewer", answer="Forecast", errors=(404, 409))
def forecast_campaign(
    *,
    id: str,  # noqa: A002
    cap: Annotated[int | None, Query(ge=1, le=10_000_000, description="As if with this cap.")] = None,
    gap: Annotated[str, Query(max_length=60, description="As if with this gap.")] = "",
    window: Annotated[str, Query(max_length=4000, description="As if with this window.")] = "",
    invalid: Annotated[
        float | None, Query(ge=0, le=1, description="Share of addresses that the verifier will refuse.")
    ] = None,
) -> Answer:
    """Day by day, when it ends, what it costs, what limits it."""
    found = services().forecasts.campaign(
        id,
        cap=cap,
        gap=parse_gap(gap) if gap else None,
        window=parse_window(window) if window else None,
        invalid_share=invalid,
    )
    data = plain(found)
    data["cost"] |= {"total": found.cost.total, "per_thousand": found.cost.per_thousand}
    return answer(data)


@noun.route("GET", "/api/campaigns/{id}/explain", role="viewer", answer="Explanation", errors=(404,))
def explain_lead(
    id: str,  # noqa: A002
    lead: Annotated[str, Query(min_length=1, max_length=320, description="Address or id of a lead.")],
) -> Answer:
    """Why a lead is in its state, what happens next, and when."""
    return answer(services().explaining.explain(id, lead))


def campaign_data(campaign: Campaign) -> dict[str, Any]:
    """A campaign as it goes out: what can be written is told as it is written."""
    enrol = campaign.enrol
    return {
        **{name: getattr(campaign, name) for name in _PLAIN},
        "steps": [format_step(step) for step in campaign.steps],
        "senders": [_address(sender) for sender in campaign.senders],
        "window": format_window(campaign.window),
        "zone": campaign.zone,
        "gap": format_gap(campaign.gap),
        "enrolment": {"done": enrol.done, "position": enrol.position, "left_out": enrol.left_out},
    }


def tag_of(campaign: Campaign) -> str:
    """The entity tag of a campaign: its revision."""
    return f'"{campaign.rev}"'


def _address(sender: str) -> str:
    profile = services().recent.profile(sender)
    return profile.address if profile else sender


def _lane(campaign: Campaign, sender: Sender, lane: Lane) -> dict[str, Any]:
    return {
        "sender": sender.address,
        "waits_for": lane.why,
        "next_at": lane.due_at,
        "open": lane.is_on and campaign.id in lane.campaigns,
        "stopped": lane.stopped,
    }


def _steps(texts: tuple[str, ...]) -> list[Any]:
    return [parse_step(text, first=number == 0) for number, text in enumerate(texts)]
