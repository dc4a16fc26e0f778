"""Answers about templates and senders."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from pivotr.api.answers.out import Out
from pivotr.domain.template_lint import Finding
from pivotr.domain.templates import TemplateVersion


class Template(TemplateVersion):
    """One version of a template."""

    model_config = ConfigDict(extra="forbid")


class TemplateView(Template):
    """A version, and which others there are."""

    versions: list[int]


class Lint(Out):
    """Findings and figures of a template."""

    findings: list[Finding]
    shortest: int
    longest: int
    variables: list[str]
    without_fallback: list[str]
    variants: str
    passes: bool


class Sender(Out):
    """A mailbox, and what it is doing."""

    id: str
    address: str
    name: str
    reply_to: str
    signature: str
    zone: str
    cap: int
    created_at: str
    ramp: str | None
    gap: str | None
    used_today: int
    cap_today: int
    waits_for: Literal["gap", "window", "cap", "idle", "backoff"]
    next_at: str
    open: bool
    stopped: str
    campaigns: list[str]
