"""Leads, one by one: look, add, correct, delete, stop. Files of them are taken in by services/imports.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pivotr import names
from pivotr.domain.addresses import judge
from pivotr.domain.campaigns import check_name
from pivotr.domain.instants import day_named, to_text
from pivotr.domain.intake import NAME_LIMIT, Origin, new_lead
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.reports import MailView
from pivotr.domain.suppression import Suppression
from pivotr.errors import Changed, Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.table import (
    Absent,
    All,
    Change,
    Either,
    Equals,
    Path,
    Table,
    TransactionCancelled,
    Update,
    Write,
)
from pivotr.storage import log, settings, transactions
from pivotr.storage.arrivals import Arrivals
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.codec import lead_from
from pivotr.storage.lead_search import Wanted, search, search_page
from pivotr.storage.leads import Leads as Store
from pivotr.storage.log import Log
from pivotr.storage.mail_views import mails_of
from pivotr.storage.memberships import Memberships
from pivotr.storage.recent import Recent
from pivotr.storage.reviving import PERSONAL, field_mark
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.stopping import stop
from pivotr.storage.suppressions import Suppressions

#: Leads of one domain that are shown.
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead with its lists, what suppresses it, and its mails."""

    lead: Lead
    lists: list[str]
    suppression: Suppression | None
    mails: list[MailView]


class Leads:
    """Everything an operator does with single leads."""

    def __init__(self, *, table: Table, clock: Clock, recent: Recent, key: bytes) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._store = Store(table)
        self._memberships = Memberships(table)
        self._suppressions = Suppressions(table, key)
        self._log = Log(table)

    def find(
        self,
        *,
        status: str = "",
        list_name: str = "",
        domain: str = "",
        tag: str = "",
        campaign: str = "",
        verdict: str = "",
        since: str = "",
        until: str = "",
    ) -> Iterator[Lead]:
        """Every lead that passes all filters; deleted ones only where their state is asked for.

        `campaign` is the id or name of one that has had them, `since` and `until` are days (UTC) on which
        they were stored. Raises NotFound, InvalidInput.
        """
        return search(
            self._table, self._wanted(status, list_name, domain, tag, campaign, verdict, since, until)
        )

    def page(
        self,
        *,
        limit: int,
        cursor: str = "",
        status: str = "",
        list_name: str = "",
        domain: str = "",
        tag: str = "",
        campaign: str = "",
        verdict: str = "",
        since: str = "",
        until: str = "",
    ) -> tuple[list[Lead], str]:
        """Some of what `find` finds, and the cursor behind them, empty where there is no more.

        A page may be short, even empty, and still have a cursor. Raises NotFound, InvalidInput.
        """
        wanted = self._wanted(status, list_name, domain, tag, campaign, verdict, since, until)
        return search_page(self._table, wanted, limit=limit, cursor=cursor)

    def custom_fields(self) -> tuple[str, ...]:
        """Names of all custom fields that leads may have."""
        return settings.SettingsStore(self._table).fields()

    def get(self, key: str) -> Lead:
        """One lead by address or id. Raises NotFound; tombstones are found by their id only."""
        lead = self._store.get(self._id_of(key), consistent=True)
        if lead is None or (lead.status == "deleted" and "@" in key):
            raise NotFound(f"There is no lead “{key}”.", hint="See all with: pivotr leads list")
        return lead

    def show(self, key: str) -> LeadView:
        """One lead by address or id: lists, suppression, mails. Raises NotFound."""
        return self._view(self.get(key))

    def at_domain(self, domain: str) -> list[LeadView]:
        """Up to 50 leads of a recipient domain. Raises NotFound where there is none."""
        plain = domain.strip().lower().removeprefix("@")
        page = self._store.at_domain(plain, limit=_SHOWN)
        if not page.items:
            raise NotFound(f"There is no lead at {plain}.", hint="See all with: pivotr leads list")
        return [self._view(lead_from(item)) for item in page.items]

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
        actor: str = "",
    ) -> Lead:
        """One lead by hand. A first name given here counts as an operator's correction.

        Raises InvalidInput for the address, Conflict where it is known or suppressed.
        """
        email = _checked_address(address)
        target = check_name("list", list_name) if list_name else ""
        now = self._clock.now()
        threshold = self._recent.preferences().number("greeting.threshold")
        lead = new_lead(
            self._key,
            email,
            full_name=full_name.strip(),
            given_name=first_name.strip(),
            company=company.strip(),
            fields=fields or {},
            threshold=threshold,
            origin=origin or Origin(source="by hand"),
            created_at=to_text(now),
        )
        if first_name.strip():
            lead = lead._replace(
                first_name=first_name.strip()[:NAME_LIMIT], corrected=frozenset({"first_name"})
            )
        (arrival,) = Arrivals(self._table, self._suppressions).take(target, [lead], now=now)
        if arrival.outcome == "rejected":
            raise Conflict(f"{email} is suppressed.", hint=f"See why with: pivotr suppress check {email}")
        if arrival.outcome == "duplicate":
            joined = f" It is in the list {target} now." if target else ""
            raise Conflict(
                f"There is a lead {email} already.{joined}", hint=f"See it with: pivotr leads show {email}"
            )
        writes = [self._entry(lead.id, "added", now, actor, "")]
        if lead.fields:
            writes.append(settings.add_fields(frozenset(lead.fields)))
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        return self.get(lead.id)

    def update(
        self,
        key: str,
        *,
        full_name: str | None = None,
        first_name: str | None = None,
        company: str | None = None,
        fields: Mapping[str, str] | None = None,
        actor: str = "",
        revision: int | None = None,
    ) -> Lead:
        """Correct a lead; what is corrected here no import changes again. An empty text clears.

        `revision` is that of the lead that the caller has seen. Raises NotFound, InvalidInput, Changed where
        somebody else has corrected it since.
        """
        given = {"full_name": full_name, "first_name": first_name, "company": company}
        texts = {name: value.strip()[:NAME_LIMIT] for name, value in given.items() if value is not None}
        fields = fields or {}
        if not texts and not fields:
            raise InvalidInput(
                "Nothing to change.",
                hint="Use --first-name, --full-name, --company or --field Name=value.",
            )
        for _ in range(4):
            lead = self.get(key)
            if lead.status == "deleted":
                raise NotFound("This lead was deleted.", hint="Add it again with: pivotr leads add ADDRESS")
            if revision is not None and lead.rev != revision:
                raise Changed("Somebody else has corrected this lead.", hint="Read it again.")
            now = self._clock.now()
            marks = frozenset(texts) | {field_mark(name) for name in fields}
            writes: list[Write] = [
                _correction(lead, texts, fields, marks),
                self._entry(lead.id, "corrected", now, actor, ", ".join(sorted(marks))),
            ]
            if fields:
                writes.append(settings.add_fields(frozenset(fields)))
            try:
                transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
            except TransactionCancelled:
                continue
            return self.get(lead.id)
        raise Conflict("The lead changed at this very moment.", hint="Try again.")

    def delete(self, key: str, *, actor: str = "") -> Lead:
        """Delete a lead: a tombstone keeps which campaigns have had it, nothing that says who it is.

        A mail that is being sent at this instant still goes out. Raises NotFound.
        """
        lead = self.get(key)
        if lead.status == "deleted":
            raise NotFound("This lead was deleted already.", hint="See all with: pivotr leads list")
        stop(
            self._table, lead.id, "deleted", clock=self._clock, recent=self._recent, kind="deleted",
            actor=actor, remove=PERSONAL,
        )  # fmt: skip
        for list_name in self._memberships.of_lead(lead.id):
            removal = self._memberships.removal(list_name, lead.id)
            self._table.delete(removal.table, removal.key)
        return lead

    def stop(self, key: str, *, reason: str = "", actor: str = "") -> Lead:
        """The person has answered: no further mail of any sequence. Raises NotFound."""
        lead = self.get(key)
        stop(
            self._table, lead.id, "replied", clock=self._clock, recent=self._recent, kind="replied",
            reason=reason, actor=actor,
        )  # fmt: skip
        return self.get(lead.id)

    def _wanted(  # noqa: PLR0917 - the filters of `find`, in its order
        self, status: str, list_name: str, domain: str, tag: str, campaign: str, verdict: str, since: str,
        until: str,
    ) -> Wanted:  # fmt: skip
        if list_name and not self._memberships.exists(checked := check_name("list", list_name)):
            raise NotFound(f"There is no list “{checked}”.", hint="See all with: pivotr list list")
        first, last = (day_named(day) if day else "" for day in (since, until))
        if first and last and first > last:
            raise InvalidInput(
                f"No day is both on or after {first} and on or before {last}.",
                hint=f"The other way round: --since {last} --until {first}",
            )
        return Wanted(
            status=status,
            list=list_name.strip().lower(),
            domain=domain.strip().lower().removeprefix("@"),
            tag=check_name("tag", tag) if tag else "",
            campaign=self._campaign_id(campaign) if campaign else "",
            verdict=verdict,
            since=first,
            until=last,
        )

    def _campaign_id(self, key: str) -> str:
        found = [one for one in Campaigns(self._table).all() if key.strip() in (one.id, one.name)]
        if len(found) == 1:
            return found[0].id
        if found:
            raise Conflict(f"Several campaigns are called “{key}”.", hint="Use the id of one.")
        raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")

    def _view(self, lead: Lead) -> LeadView:
        suppression = self._suppressions.find(lead.email) if lead.email else None
        mails = mails_of(self._log.of_lead(lead.id), self._address_of)
        return LeadView(lead, self._memberships.of_lead(lead.id), suppression, mails)

    def _address_of(self, sender: str) -> str:
        profile = self._recent.profile(sender) if sender else None
        return profile.address if profile else sender

    def _entry(self, lead: str, kind: str, now: datetime, actor: str, reason: str) -> Write:
        key = log.plain_key(now, self._clock.token(), lead, kind)
        return log.entry(ACCOUNT, key, kind, at=now, lead=lead, actor=actor, reason=reason)

    def _id_of(self, key: str) -> str:
        text = key.strip()
        return lead_id(self._key, judge(text).normalized or text.lower()) if "@" in text else text


def _correction(lead: Lead, texts: Mapping[str, str], fields: Mapping[str, str],
                marks: frozenset[str]) -> Update:  # fmt: skip
    values: dict[Path, Any] = {name: value for name, value in texts.items() if value}
    cleared: tuple[Path, ...] = tuple(name for name, value in texts.items() if not value)
    if fields:
        merged = {**lead.fields, **fields}
        values["fields"] = {name: value for name, value in merged.items() if value}
    change = Change(set=values, remove=cleared, include={"corrected": marks}, add={"rev": 1})
    as_read = Equals("rev", lead.rev) if lead.rev else Either((Absent("rev"), Equals("rev", 0)))
    return Update(names.LEADS, (lead.id,), change, All((Equals("status", lead.status), as_read)))


def _checked_address(address: str) -> str:
    verdict = judge(address)
    if verdict.verdict != "valid":
        raise InvalidInput(
            f"“{address}” is not a mail address. {verdict.reason}".strip(),
            hint=f"See what is wrong with: pivotr leads check-email {address!r}",
        )
    return verdict.normalized
