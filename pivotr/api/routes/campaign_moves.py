"""Campaigns: start, pause, resume, abort."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, services, telling_what_is_lacking
from pivotr.api.models.campaigns import CampaignResume
from pivotr.api.rendering import Answer, answer
from pivotr.api.routes.campaigns import campaign_data, tag_of
from pivotr.api.routing import JSON, Noun
from pivotr.domain.campaigns import Campaign

noun = Noun("campaigns", names.API_CAMPAIGNS)


@noun.route(
    "POST", "/api/campaigns/{id}/start", role="operator", answer="Campaign", errors=(404, 409),
    is_repeatable=True, has_tag=True,
)  # fmt: skip
def start_campaign(
    id: str,  # noqa: A002
    acknowledge: Annotated[
        bool, Query(description="What the guard has stopped, it or a list, is mended.")
    ] = False,
) -> Answer:
    """Begin. Returns at once, whatever the number of leads."""
    with telling_what_is_lacking():
        return _moved(services().transitions.start(id, actor=actor(), acknowledge=acknowledge))


@noun.route(
    "POST", "/api/campaigns/{id}/pause", role="operator", answer="Campaign", errors=(404, 409), has_tag=True
)
def pause_campaign(id: str) -> Answer:  # noqa: A002
    """Stop claiming mails; the leads wait. Only what is on its way now may still leave."""
    return _moved(services().transitions.pause(id, actor=actor()))


@noun.route(
    "POST", "/api/campaigns/{id}/resume", role="operator", answer="Campaign", errors=(404, 409),
    media=(JSON,), is_repeatable=True, has_tag=True,
)  # fmt: skip
def resume_campaign(id: str, resume: CampaignResume) -> Answer:  # noqa: A002
    """Go on exactly where it stopped."""
    return _moved(services().transitions.resume(id, actor=actor(), acknowledge=resume.acknowledge))


@noun.route(
    "POST", "/api/campaigns/{id}/abort", role="operator", answer="Campaign", errors=(404, 409), has_tag=True
)
def abort_campaign(id: str) -> Answer:  # noqa: A002
    """End for good; leads that wait are given back as they were before."""
    return _moved(services().transitions.abort(id, actor=actor()))


def _moved(campaign: Campaign) -> Answer:
    return answer(campaign_data(campaign), tag=tag_of(campaign))
