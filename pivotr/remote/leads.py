"""Leads, lists and suppressions by the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pivotr.api.answers import leads as answers
from pivotr.api.models.leads import LeadChange, LeadNew, SuppressionNew
from pivotr.domain.intake import Origin
from pivotr.domain.leads import Claim, Lead
from pivotr.domain.reports import ErasureReport, LogLine, MailView
from pivotr.domain.suppression import Suppression
from pivotr.errors import NotFound
from pivotr.remote.nouns import RemoteNoun, body
from pivotr.remote.parsing import lead_from

#: Leads of one domain that are shown.
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead with its lists, what suppresses it, and its mails."""

    lead: Lead
    lists: list[str]
    suppression: Suppression | None
    mails: list[MailView]


@dataclass(frozen=True, slots=True)
class ListPage:
    """Some members of a list, and the cursor behind them, empty at the end."""

    name: str
    members: list[Lead]
    cursor: str


class Leads(RemoteNoun):
    """Leads, one by one."""

    def find(self, **filters: Any) -> Iterator[Lead]:
        """Every lead that passes all filters, fetched page by page. Raises NotFound, InvalidInput."""
        return (lead_from(one) for one in self._api.leads.list(**filters))

    def get(self, key: str) -> Lead:
        """One lead by address or id. Raises NotFound."""
        return lead_from(self._api.leads.read(key))

    def show(self, key: str) -> LeadView:
        """One lead with its lists and mails. Raises NotFound."""
        found = self._api.leads.read(key)
        return LeadView(lead_from(found), found.lists, found.suppression, found.mails)

    def at_domain(self, domain: str) -> list[LeadView]:
        """Up to 50 leads of a recipient domain. Raises NotFound where there is none."""
        plain = domain.strip().lower().removeprefix("@")
        found = list(islice(self._api.leads.list(domain=plain), _SHOWN))
        if not found:
            raise NotFound(f"There is no lead at {plain}.", hint="See all with: pivotr leads list")
        return [self.show(lead.id) for lead in found]

    def add(
        self,
        address: str,
        *,
        list_name: str = "",
        full_name: str = "",
        first_name: str = "",
        company: str = "",
        fields: Mapping[str, str] | None = None,
        origin: Origin | None = None,
        actor: str = "",  # noqa: ARG002
    ) -> Lead:
        """One lead by hand. Raises InvalidInput, Conflict."""
        origin = origin or Origin(source="by hand")
        made = body(
            LeadNew,
            email=address,
            list=list_name or None,
            full_name=full_name,
            first_name=first_name,
            company=company,
            type=origin.type,
            tags=sorted(origin.tags),
            source=origin.source,
            basis=origin.basis,
            fields=dict(fields or {}),
        )
        return lead_from(self._api.leads.create(made))

    def update(
        self,
        key: str,
        *,
        full_name: str | None = None,
        first_name: str | None = None,
        company: str | None = None,
        fields: Mapping[str, str] | None = None,
        actor: str = "",  # noqa: ARG002
    ) -> Lead:
        """Correct a lead. Raises NotFound, InvalidInput."""
        change = body(
            LeadChange,
            full_name=full_name,
            first_name=first_name,
            company=company,
            fields=dict(fields) if fields else None,
        )
        return lead_from(self._api.leads.update(key, change))

    def delete(self, key: str, *, actor: str = "") -> Lead:  # noqa: ARG002
        """Delete a lead; what it was before, claimed where a mail to it is on its way. Raises NotFound."""
        lead = self.get(key)
        is_claimed = self._api.leads.delete(lead.id).being_sent
        claim = Claim(attempt="", account_day="", lane_day="", campaign_day="") if is_claimed else None
        return lead.model_copy(update={"claim": claim})

    def stop(self, key: str, *, reason: str = "", actor: str = "") -> Lead:  # noqa: ARG002
        """No further mail of any sequence. Raises NotFound."""
        return lead_from(self._api.leads.stop(key, reason))


class Erasing(RemoteNoun):
    """Persons who want to be forgotten."""

    def erase(self, key: str, *, actor: str = "") -> ErasureReport:  # noqa: ARG002
        """Forget a person; the gateway on AWS has no such route."""
        return self._api.leads.erase(key)


class Logs(RemoteNoun):
    """The log in sentences."""

    def of_lead(self, key: str) -> list[LogLine]:
        """Everything that happened to a lead, oldest first. Raises NotFound."""
        return list(self._api.leads.logs(key))


class Lists(RemoteNoun):
    """Lists of leads."""

    def all(self, *, is_exact: bool = False) -> list[answers.ListSize]:
        """Every list and its members."""
        return list(self._api.lists.list(exact=is_exact))

    def show(self, name: str, *, limit: int = 100, cursor: str = "") -> ListPage:
        """A page of a list. Raises NotFound."""
        found, more = self._api.lists.page(name, limit=limit, cursor=cursor)
        return ListPage(name.strip().lower(), [lead_from(one) for one in found], more)


class Suppressions(RemoteNoun):
    """Who gets nothing more."""

    def add(self, target: str, *, source: str = "", actor: str = "") -> tuple[Suppression, int]:  # noqa: ARG002
        """Suppress an address or a domain; what holds now, and how many leads it stopped."""
        made: answers.SuppressionMade = self._api.suppressions.create(
            body(SuppressionNew, target=target, source=source)
        )
        return made.suppression, made.stopped

    def remove(self, target: str, *, force: bool = False, actor: str = "") -> int:  # noqa: ARG002
        """Allow mail again; how many leads are freed. Raises NotFound, Conflict."""
        return self._api.suppressions.delete(target, force=force).freed

    def all(self) -> list[Suppression]:
        """Every suppression, newest first."""
        return sorted(self._api.suppressions.list(), key=lambda one: one.at, reverse=True)

    def check(self, address: str) -> Suppression | None:
        """What suppresses an address, or None."""
        return self._api.suppressions.read(address).suppression
