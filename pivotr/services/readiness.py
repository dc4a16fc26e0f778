"""Whether a campaign may start: what forbids it, what is worth knowing before. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pivotr.domain import readiness as remarks
from pivotr.domain.audience import draw_sender
from pivotr.domain.bounce_paths import why_unseen
from pivotr.domain.campaigns import Campaign
from pivotr.domain.leads import Lead
from pivotr.domain.readiness import Lacking, Remark, refusal, warning
from pivotr.domain.readiness import Readiness as Report
from pivotr.domain.senders import Sender
from pivotr.domain.template_lint import lint
from pivotr.domain.templates import (
    CompiledTemplate,
    TemplateVersion,
    compile_template,
    known_variables,
    variables_for,
)
from pivotr.domain.windows import next_open
from pivotr.errors import InvalidInput, NotFound, PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.domains import Domains
from pivotr.ports.mailer import Identities, Quota
from pivotr.ports.table import Table
from pivotr.settings import Settings
from pivotr.storage.audience import Audience
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.recent import Recent
from pivotr.storage.settings import SettingsStore
from pivotr.storage.templates import Templates

#: Members of the lists that a start itself looks at: it may take no longer for a long list.
_GLANCE = 1000
#: Seconds for all questions to the DNS together.
_DNS_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Outside:
    """What is asked of others, each only when it is wanted; None where there is nobody to ask."""

    quota: Callable[[], Quota | None]
    identities: Callable[[], Identities | None]
    domains: Callable[[], Domains | None]
    sees_bounces: Callable[[], bool]
    #: Credits that the verifier has, and those that a campaign (by id) will need.
    credits: Callable[[], int | None]
    needed_credits: Callable[[str], int]


@dataclass(slots=True)
class _Seen:
    """What a look through the audience has found."""

    audience: int = 0
    looked: int = 0
    is_whole: bool = True
    without_basis: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    lacking: list[Lacking] = field(default_factory=list)


class Readiness:
    """Looks at a draft with the eyes of its start."""

    def __init__(
        self, *, table: Table, clock: Clock, recent: Recent, key: bytes, settings: Settings, outside: Outside
    ) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._settings = settings
        self._outside = outside
        self._audience = Audience(table, key)
        self._templates = Templates(table)

    def refuse(self, campaign: Campaign) -> None:
        """Raise the first refusal; as quick for a list of a million as for one of a thousand."""
        now = self._clock.now()
        seen = self._look(campaign, now, [], limit=_GLANCE, is_glance=True)
        for remark in self._refusals(campaign, now, seen):
            raise remark.error

    def check(self, key: str, *, limit: int = 0) -> Report:
        """Everything that forbids the start or is worth knowing before it.

        The whole audience is looked at, or its first `limit` members. Leads that lack a value are in
        `lacking`, all of them. Raises NotFound, Unavailable when the table cannot be read.
        """
        campaign = Campaigns(self._table).get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        now = self._clock.now()
        compiled = [one for version in self._versions(campaign) if (one := self._compiled(version))]
        seen = self._look(campaign, now, compiled, limit=limit)
        found = [*self._refusals(campaign, now, seen), *self._warnings(campaign, seen)]
        return Report(campaign.id, seen.audience, seen.is_whole, tuple(found), tuple(seen.lacking))

    def unproven(self) -> Iterator[Remark]:
        """Why only few mails a day leave, while nobody would hear that they bounce."""
        if not self._outside.sees_bounces():
            cap = self._recent.preferences().whole("account.cap")
            yield warning(
                "no-bounce-path",
                f"At most {cap} mails a day leave until bounces can be seen. {why_unseen(self._settings)}",
                "How: docs/deliverability.md. The cap: pivotr settings get bounces.unproven_cap",
            )

    def _refusals(self, campaign: Campaign, now: datetime, seen: _Seen) -> Iterator[Remark]:
        """In the order in which an operator would mend them."""
        if not seen.audience and seen.is_whole:
            yield remarks.nobody(campaign.name, campaign.lists, seen.left_out)
        if next_open(campaign.window, now) is None:
            yield refusal(
                "window",
                f"The sending window of “{campaign.name}” never opens.",
                f"Change it: pivotr campaign update {campaign.id} "
                '--window "mon-fri 09:30-17:30 Asia/Kolkata"',
            )
        yield from self._faulty_templates(campaign)
        yield from self._empty_senders(campaign)
        preferences = self._recent.preferences()
        if preferences.flag("footer.required") and not preferences.text("footer.address"):
            yield refusal(
                "no-address",
                "There is no postal address to put under the mails.",
                'Set it: pivotr settings set footer.address "Acme Ltd, 1 MG Road, Pune"',
            )
        if preferences.flag("basis.required") and seen.left_out["no basis"]:
            yield remarks.basis_required(seen.left_out["no basis"], campaign.lists[0])
        for profile in self._profiles(campaign):
            if campaign.shares.get(profile.id, 1) <= len(profile.cc):
                yield remarks.no_room_for_copies(profile, campaign.id)
        yield from remarks.of_way_out(self._settings, self._profiles(campaign))
        yield from self._provider(campaign, "refusal")

    def _warnings(self, campaign: Campaign, seen: _Seen) -> Iterator[Remark]:
        preferences = self._recent.preferences()
        if not preferences.text("footer.address") and not preferences.flag("footer.required"):
            yield warning(
                "no-address",
                "No postal address is under the mails, which many laws ask for.",
                'Set it: pivotr settings set footer.address "Acme Ltd, 1 MG Road, Pune"',
            )
        if seen.lacking:
            yield remarks.lacking_values(seen.lacking, seen.audience, campaign.id)
        if seen.without_basis:
            yield remarks.without_basis(seen.without_basis, seen.audience)
        yield from self.unproven()
        yield from self._provider(campaign, "warning")
        yield from self._credits(campaign)
        yield from self._dns(campaign)

    def _look(
        self,
        campaign: Campaign,
        now: datetime,
        templates: list[CompiledTemplate],
        *,
        limit: int,
        is_glance: bool = False,
    ) -> _Seen:
        """Go through the lists; a glance ends as soon as it knows what a start must know."""
        seen = _Seen()
        preferences = self._recent.preferences()
        needs_basis = preferences.flag("basis.required")
        address = preferences.text("footer.address")
        senders = {profile.id: profile for profile in self._profiles(campaign)}
        for lead, why in self._audience.members(campaign, now, needs_basis=needs_basis):
            if limit and seen.looked == limit:
                seen.is_whole = False
                break
            seen.looked += 1
            if why:
                seen.left_out[why] += 1
                continue
            seen.audience += 1
            if is_glance and not needs_basis:
                seen.is_whole = False
                break
            seen.without_basis += not (lead.source and lead.basis)
            missing = _missing(lead, senders.get(draw_sender(campaign, lead.id)), address, templates)
            if missing:
                seen.lacking.append(Lacking(lead.email, missing))
        return seen

    def _faulty_templates(self, campaign: Campaign) -> Iterator[Remark]:
        """Lint errors of every step; a template that is gone counts as one."""
        known = known_variables(SettingsStore(self._table).fields())
        for version in self._versions(campaign):
            errors = lint(version, known).errors
            if errors:
                first = errors[0]
                where = f"{first.part} {first.line}:{first.column}" if first.line else first.part
                yield refusal(
                    "lint",
                    f"Template {version.id}, version {version.version}, cannot be sent "
                    f"({where}): {first.sentence}",
                    f"See all faults: pivotr template lint {version.id} --version {version.version}",
                )

    def _empty_senders(self, campaign: Campaign) -> Iterator[Remark]:
        """Values that no mail of a sender would have: each of its leads would be skipped."""
        address = self._recent.preferences().text("footer.address")
        for version in self._versions(campaign):
            compiled = self._compiled(version)
            for profile in self._profiles(campaign) if compiled else ():
                values = variables_for(
                    Lead(id=""),
                    sender_name=profile.name,
                    signature=profile.signature,
                    postal_address=address,
                )
                for name in compiled.missing(values) if compiled else ():
                    if remark := remarks.without_sender_value(version.id, name, profile.address):
                        yield remark

    def _versions(self, campaign: Campaign) -> Iterator[TemplateVersion]:
        for step in campaign.steps:
            version = self._templates.get(step.template, step.version) if step.version else None
            version = version or self._templates.newest(step.template)
            if version is None:
                raise NotFound(
                    f"There is no template “{step.template}”.", hint="See all with: pivotr template list"
                )
            yield version

    def _compiled(self, version: TemplateVersion) -> CompiledTemplate | None:
        """None where it cannot be parsed: lint says why."""
        try:
            return compile_template(version, SettingsStore(self._table).fields())
        except InvalidInput:
            return None

    def _profiles(self, campaign: Campaign) -> list[Sender]:
        found = [self._recent.profile(sender) for sender in campaign.senders]
        return [profile for profile in found if profile is not None]

    def _provider(self, campaign: Campaign, severity: str) -> Iterator[Remark]:
        """What the provider says about the account and about the senders; its silence is a warning."""
        try:
            quota, identities = self._outside.quota(), self._outside.identities()
            found = (
                list(
                    remarks.of_account(
                        self._settings.env, is_sending=quota.is_sending, is_production=quota.is_production
                    )
                )
                if quota
                else []
            )
            if identities is not None:
                unverified = [
                    one.address for one in self._profiles(campaign) if not identities.is_verified(one.address)
                ]
                found += [remarks.unverified(self._settings.env, unverified)] if unverified else []
        except PivotrError as error:
            sentence = f"The provider could not be asked about this account: {error.sentence}"
            found = [warning("provider-silent", sentence, error.hint)]
        yield from (remark for remark in found if remark.severity == severity)

    def _credits(self, campaign: Campaign) -> Iterator[Remark]:
        try:
            credits = self._outside.credits()
            if credits is None:
                return
            needed = self._outside.needed_credits(campaign.id)
        except PivotrError as error:
            sentence = f"The verifier's credits could not be read: {error.sentence}"
            yield warning("credits-unknown", sentence, error.hint)
            return
        if credits < needed:
            yield warning(
                "credits",
                f"The verifier has {credits:,} credits; this campaign needs about {needed:,}.",
                f"It pauses when they are used up. Buy more, or see: pivotr campaign forecast {campaign.id}",
            )

    def _dns(self, campaign: Campaign) -> Iterator[Remark]:
        domains = self._outside.domains()
        if domains is None:
            return
        names = list(dict.fromkeys(profile.domain for profile in self._profiles(campaign)))
        for domain, records in domains.look_up(names, seconds=_DNS_SECONDS).items():
            if records.missing:
                yield remarks.without_records(domain, records.missing)


def _missing(
    lead: Lead, sender: Sender | None, address: str, templates: list[CompiledTemplate]
) -> tuple[str, ...]:
    """Names of the values that some text of the sequence may need and that this lead's mail does not have."""
    if not any(template.without_fallback for template in templates):
        return ()
    values = variables_for(
        lead,
        sender_name=sender.name if sender else "",
        sender_email=sender.address if sender else "",
        signature=sender.signature if sender else "",
        postal_address=address,
        unsubscribe_link="always there",
    )
    return tuple(dict.fromkeys(name for template in templates for name in template.missing(values)))
