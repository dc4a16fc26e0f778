"""What is to be expected of a campaign, by the API: forecast, explanation, preview, checks, test mails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pivotr.api.models.campaigns import SendTest
from pivotr.domain.campaigns import Campaign
from pivotr.domain.explanations import Event, Explanation
from pivotr.domain.forecast import Band, Day, Forecast
from pivotr.domain.forecast_costs import Cost
from pivotr.domain.instants import from_text
from pivotr.domain.pacing import Gap, format_gap
from pivotr.domain.readiness import Lacking, Readiness, Remark
from pivotr.domain.windows import Window, format_window
from pivotr.remote.nouns import RemoteNoun, body


@dataclass(frozen=True, slots=True)
class Preview:
    """One mail as it would leave, but for date and message id; `data` is the whole mail."""

    lead_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str | None
    variant: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentTest:
    """One test mail and what the provider said."""

    to: str
    result: str
    detail: str
    message_id: str
    sender: str
    lead: str
    subject: str
    variant: str
    attempt: str
    data: bytes


class Previews(RemoteNoun):
    """What leads of a campaign would get."""

    def campaign(self, key: str, lead: str | None = None, count: int = 3, *, step: int = 1) -> list[Preview]:
        """Mails to a lead, or to the first of the audience (up to 50). Raises NotFound, InvalidInput."""
        found = self._api.campaigns.preview(key, lead=lead or "", count=count, step=step)
        return [Preview(**one.model_dump(exclude={"mail"}), data=one.mail.encode()) for one in found.items]


class TestSends(RemoteNoun):
    """Mails of a campaign to an address of one's own."""

    def send(
        self, key: str, to: Sequence[str], *, lead: str = "", step: int = 1, actor: str = ""  # noqa: ARG002
    ) -> list[SentTest]:  # fmt: skip
        """One mail to each address, by the mailer of the API's environment."""
        found = self._api.campaigns.test_send(key, body(SendTest, to=list(to), lead=lead, step=step))
        return [SentTest(**one.model_dump(exclude={"mail"}), data=one.mail.encode()) for one in found.items]


class Checks(RemoteNoun):
    """Whether a campaign may start."""

    def check(self, key: str, *, limit: int | None = None) -> Readiness:  # noqa: ARG002
        """What forbids a start or is worth knowing before; of a long audience the API looks at a part."""
        found = self._api.campaigns.readiness(key)
        return Readiness(
            campaign=found.campaign,
            audience=found.audience,
            is_whole=found.is_whole,
            remarks=tuple(Remark(**one.model_dump()) for one in found.remarks),
            lacking=tuple(Lacking(one.address, tuple(one.variables)) for one in found.lacking),
        )

    def unproven(self) -> Iterator[Remark]:
        """None: whether somebody hears of bounces there, `check` tells."""
        return iter(())


class Forecasts(RemoteNoun):
    """What is to be expected of campaigns."""

    def campaign(
        self,
        key: str,
        *,
        cap: int | None = None,
        gap: Gap | None = None,
        window: Window | None = None,
        invalid_share: float | None = None,
    ) -> Forecast:
        """A campaign as it stands, or with other figures. Raises NotFound, Conflict."""
        found = self._api.campaigns.forecast(
            key,
            cap=cap,
            gap=format_gap(gap) if gap else "",
            window=format_window(window) if window else "",
            invalid=invalid_share,
        )
        band = found.finish
        return Forecast(
            start=from_text(found.start),
            zone=found.zone,
            leads=found.leads,
            mails=found.mails,
            skipped=found.skipped,
            days=tuple(Day(one.day, one.mails, one.limit) for one in found.days),
            first_at=_instant(found.first_at),
            finish=Band(*map(from_text, (band.early, band.middle, band.late))) if band else None,
            limit=found.limit,
            credits=found.credits,
            cost=Cost(**found.cost.model_dump(exclude={"total", "per_thousand"})),
            stuck=found.stuck,
        )


class Explaining(RemoteNoun):
    """Why a lead is where it is."""

    def explain(self, key: str, lead: str) -> Explanation:
        """The present, what happens next, and when. Raises NotFound."""
        found = self._api.campaigns.explain(key, lead)
        return Explanation(
            campaign=found.campaign,
            lead=found.lead,
            email=found.email,
            status=found.status,
            why=tuple(found.why),
            next=tuple(found.next),
            about=_instant(found.about),
            events=tuple(Event(**one.model_dump()) for one in found.events),
        )

    def next_due(self, campaign: Campaign) -> datetime | None:  # noqa: ARG002
        """None: the API does not tell of a campaign when its next lead falls due, only of a lead."""
        return None


def _instant(text: str | None) -> datetime | None:
    return from_text(text) if text else None
