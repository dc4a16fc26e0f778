"""Campaigns by the API."""

from __future__ import annotations

from collections.abc import Iterator

from pivotr.api.answers.campaigns import (
    Campaign,
    CampaignView,
    Explanation,
    Forecast,
    Previews,
    Readiness,
    TestSends,
)
from pivotr.api.models.campaigns import CampaignChange, CampaignNew, CampaignResume, SendTest
from pivotr.api_client.nouns import Noun
from pivotr.domain.campaigns import CampaignStatus


class Campaigns(Noun):
    """Mailings, by their ids."""

    def list(self, *, status: CampaignStatus | None = None, page: int = 50) -> Iterator[Campaign]:
        """Campaigns, newest first."""
        return self._each(Campaign, "/api/campaigns", query={"status": status, "limit": page})

    def create(self, campaign: CampaignNew) -> Campaign:
        """A new draft."""
        return self._one(Campaign, "POST", "/api/campaigns", body=campaign, is_keyed=True)

    def read(self, id: str) -> CampaignView:  # noqa: A002
        """A campaign with counters and mailboxes. Raises NotFound."""
        return self._one(CampaignView, "GET", "/api/campaigns/{}", id)

    def read_tagged(self, id: str) -> tuple[CampaignView, str]:  # noqa: A002
        """A campaign and its ETag, for `update`."""
        return self._tagged(CampaignView, "GET", "/api/campaigns/{}", id)

    def update(self, id: str, change: CampaignChange, *, etag: str = "") -> Campaign:  # noqa: A002
        """Change a campaign. With the `etag` of a reading, Changed where somebody was faster since."""
        tag = etag or self.read_tagged(id)[1]
        return self._one(Campaign, "PUT", "/api/campaigns/{}", id, body=change, if_match=tag)

    def preview(self, id: str, *, lead: str = "", count: int = 1, step: int = 1) -> Previews:  # noqa: A002
        """What leads would get, to the byte."""
        query = {"lead": lead, "count": count, "step": step}
        return self._one(Previews, "GET", "/api/campaigns/{}/preview", id, query=query)

    def readiness(self, id: str) -> Readiness:  # noqa: A002
        """What a start would refuse and warn of."""
        return self._one(Readiness, "GET", "/api/campaigns/{}/readiness", id)

    def test_send(self, id: str, test: SendTest) -> TestSends:  # noqa: A002
        """One mail to oneself, by the real mailer."""
        return self._one(TestSends, "POST", "/api/campaigns/{}/test-send", id, body=test, is_keyed=True)

    def forecast(
        self,
        id: str,
        *,
        cap: int | None = None,
        gap: str = "",
        window: str = "",
        invalid: float | None = None,  # noqa: A002
    ) -> Forecast:
        """When it will end and what it will cost, with other figures where they are given."""
        query = {"cap": cap, "gap": gap, "window": window, "invalid": invalid}
        return self._one(Forecast, "GET", "/api/campaigns/{}/forecast", id, query=query)

    def explain(self, id: str, lead: str) -> Explanation:  # noqa: A002
        """Why a lead is where it is."""
        return self._one(Explanation, "GET", "/api/campaigns/{}/explain", id, query={"lead": lead})

    def start(self, id: str, *, acknowledge: bool = False) -> Campaign:  # noqa: A002
        """Begin; `acknowledge` where the guard stopped everything or a list. Raises Conflict."""
        query = {"acknowledge": acknowledge or None}
        return self._one(Campaign, "POST", "/api/campaigns/{}/start", id, query=query, is_keyed=True)

    def pause(self, id: str) -> Campaign:  # noqa: A002
        """Claim no more mails."""
        return self._one(Campaign, "POST", "/api/campaigns/{}/pause", id)

    def resume(self, id: str, *, acknowledge: bool = False) -> Campaign:  # noqa: A002
        """Go on; `acknowledge` where guard or provider stopped it."""
        body = CampaignResume(acknowledge=acknowledge)
        return self._one(Campaign, "POST", "/api/campaigns/{}/resume", id, body=body, is_keyed=True)

    def abort(self, id: str) -> Campaign:  # noqa: A002
        """End for good; waiting leads become what they were."""
        return self._one(Campaign, "POST", "/api/campaigns/{}/abort", id)
