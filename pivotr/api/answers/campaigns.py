"""Answers about campaigns."""

from __future__ import annotations

from typing import Literal

from pivotr.api.answers.out import Out
from pivotr.domain.campaigns import CampaignStatus, Filters
from pivotr.domain.leads import LeadStatus
from pivotr.domain.verification import Policy


class Enrolment(Out):
    """How far the enrolment has come, and who was left out and why."""

    done: bool
    position: int
    left_out: dict[str, int]


class Campaign(Out):
    """A campaign; steps, window and gap as they are written in requests, senders by address."""

    id: str
    name: str
    status: CampaignStatus
    reason: str
    created_at: str
    started_at: str
    ended_at: str
    lists: list[str]
    filters: Filters
    cap: int
    policy: Policy
    not_mailed_within_days: int
    domain_cap: int
    steps: list[str]
    senders: list[str]
    window: str
    zone: str
    gap: str
    enrolment: Enrolment


class CampaignLane(Out):
    """A mailbox of a campaign: when its next mail may leave, and what it waits for."""

    sender: str
    waits_for: Literal["gap", "window", "cap", "idle", "backoff"]
    next_at: str
    open: bool
    stopped: str


class CampaignView(Campaign):
    """A campaign with its counters and mailboxes."""

    totals: dict[str, int]
    lanes: list[CampaignLane]


class Preview(Out):
    """One mail as it would leave, but for date and message id."""

    lead_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str | None
    variant: str
    mail: str


class Previews(Out):
    """What leads would get."""

    items: list[Preview]


class Remark(Out):
    """One finding; `code` is stable."""

    severity: Literal["refusal", "warning"]
    code: str
    sentence: str
    hint: str


class Lacking(Out):
    """A lead for whom a text may need values that it does not have."""

    address: str
    variables: list[str]


class Readiness(Out):
    """Whether a campaign may start; `is_whole` false: only a part of the audience was looked at."""

    campaign: str
    audience: int
    is_whole: bool
    remarks: list[Remark]
    lacking: list[Lacking]


class TestSend(Out):
    """One test mail and what the provider said; `mail` is the whole mail."""

    to: str
    result: Literal["accepted", "not sent", "refused", "rejected", "unknown"]
    detail: str
    message_id: str
    sender: str
    lead: str
    subject: str
    variant: str
    attempt: str
    mail: str


class TestSends(Out):
    """One for each address."""

    items: list[TestSend]


class ForecastDay(Out):
    """Mails on one day, and what kept them from being more."""

    day: str
    mails: int
    limit: str


class ForecastBand(Out):
    """When the last mail leaves: one time in ten earlier than `early`, one in ten later than `late`."""

    early: str
    middle: str
    late: str


class ForecastCost(Out):
    """US dollars."""

    ses: float
    dynamodb: float
    sqs: float
    compute: float
    fixed: float
    total: float
    per_thousand: float


class Forecast(Out):
    """What is to be expected of a campaign."""

    start: str
    zone: str
    leads: int
    mails: int
    skipped: int
    days: list[ForecastDay]
    first_at: str | None
    finish: ForecastBand | None
    limit: str
    credits: int
    cost: ForecastCost
    stuck: int


class ExplanationEvent(Out):
    """One entry of the log about the lead in the campaign."""

    at: str
    kind: str
    step: int
    reason: str


class Explanation(Out):
    """Why a lead is in its state, what happens next, and about when."""

    campaign: str
    lead: str
    email: str
    status: LeadStatus
    why: list[str]
    next: list[str]
    about: str | None
    events: list[ExplanationEvent]
