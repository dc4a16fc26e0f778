"""Templates and mailboxes by the API."""

from __future__ import annotations

from typing import Any

from pivotr.api.answers import mail as answers
from pivotr.api.models.mail import SenderChange, SenderNew, TemplateChange, TemplateNew
from pivotr.domain.lanes import Lane
from pivotr.domain.pacing import format_gap, format_ramp
from pivotr.domain.senders import Sender
from pivotr.domain.template_lint import LintReport
from pivotr.domain.templates import TemplateVersion
from pivotr.remote.nouns import RemoteNoun, body, needs_tables
from pivotr.remote.parsing import lane_from, sender_from


class Templates(RemoteNoun):
    """Versions are immutable: an edit makes the next."""

    def create(
        self, name: str, subject: str, text: str, *, html: str | None = None, actor: str = ""  # noqa: ARG002
    ) -> TemplateVersion:  # fmt: skip
        """Version 1. Raises InvalidInput with line and column, Conflict where it exists."""
        made = body(TemplateNew, id=name, subject=subject, text=text, html=html)
        return _version(self._api.templates.create(made))

    def edit(
        self,
        name: str,
        *,
        subject: str | None = None,
        text: str | None = None,
        html: str | None = None,
        note: str = "",
        actor: str = "",  # noqa: ARG002
    ) -> TemplateVersion:
        """The next version; where nothing is different the newest. Raises NotFound, InvalidInput."""
        change = body(TemplateChange, subject=subject, text=text, html=html, note=note)
        return _version(self._api.templates.update(name, change))

    def all(self) -> list[TemplateVersion]:
        """The newest version of each template, by name."""
        return [_version(one) for one in self._api.templates.list()]

    def get(self, name: str, version: int = 0) -> TemplateVersion:
        """One version, 0 being the newest. Raises NotFound."""
        return _version(self._api.templates.read(name, version=version or None))

    def versions(self, name: str) -> list[TemplateVersion]:
        """Every version, oldest first. Raises NotFound."""
        return [self.get(name, version) for version in sorted(self._api.templates.read(name).versions)]

    def lint(self, name: str, version: int = 0) -> LintReport:
        """What is wrong, risky or worth knowing in a version; `variants` is told as text alone."""
        found = self._api.templates.lint(name, version=version or None)
        return LintReport(
            findings=tuple(found.findings),
            variants_text=found.variants,
            shortest=found.shortest,
            longest=found.longest,
            variables=tuple(found.variables),
            without_fallback=tuple(found.without_fallback),
        )


class Senders(RemoteNoun):
    """Mailboxes that mails are sent from."""

    def add(self, address: str, **given: Any) -> Sender:
        """A new mailbox. Raises InvalidInput, Conflict; Misconfigured for copies, which are not offered."""
        kept = {name: value for name, value in _written(given).items() if value != "none"}
        return sender_from(self._api.senders.create(body(SenderNew, address=address, **kept)))

    def all(self) -> list[tuple[Sender, Lane]]:
        """Every mailbox with what it is doing."""
        return [self._pair(one) for one in self._api.senders.list()]

    def find(self, key: str) -> tuple[Sender, Lane]:
        """One mailbox by address or id. Raises NotFound."""
        return self._pair(self._api.senders.read(key))

    def update(self, key: str, **changes: Any) -> Sender:
        """Change a mailbox. Raises NotFound, InvalidInput; Misconfigured for copies."""
        return sender_from(self._api.senders.update(key, body(SenderChange, **_written(changes))))

    def pause(self, key: str) -> Sender:
        """Send nothing more from it. Raises NotFound, Conflict."""
        return sender_from(self._api.senders.pause(key))

    def resume(self, key: str, *, actor: str = "", acknowledge: bool = False) -> Sender:  # noqa: ARG002
        """Send again. Raises NotFound, Conflict."""
        return sender_from(self._api.senders.resume(key, acknowledge=acknowledge))

    def _pair(self, answer: answers.Sender) -> tuple[Sender, Lane]:
        return sender_from(answer), lane_from(answer, self._now())


def _written(given: dict[str, Any]) -> dict[str, Any]:
    """Ramp and gap as the API reads them; `none` takes them away."""
    if "cc" in given:
        raise needs_tables()
    written = dict(given)
    if "ramp" in given:
        written["ramp"] = format_ramp(given["ramp"])
    if "gap" in given:
        written["gap"] = format_gap(given["gap"]) if given["gap"] else "none"
    return written


def _version(answer: answers.Template) -> TemplateVersion:
    return TemplateVersion.model_validate(answer.model_dump())
