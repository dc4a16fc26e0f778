"""Look at an account of AWS from all sides: a line for each finding, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from pivotr import names
from pivotr.domain.checkups import Line, asked, failure, of_domain, ok, warning
from pivotr.domain.readiness import verified_there
from pivotr.errors import PivotrError
from pivotr.ports.clock import Clock
from pivotr.ports.deployment import Account
from pivotr.ports.domains import Domains
from pivotr.ports.inspection import Inspector
from pivotr.settings import Settings

#: A larger difference makes AWS refuse signatures soon (five minutes), and days begin at the wrong time.
_SKEW = timedelta(seconds=60)


class Doctor:
    """One account. `domains` is None for a rehearsal; `deployed` looks at what is deployed."""

    def __init__(
        self,
        *,
        settings: Settings,
        inspector: Inspector,
        account: Account,
        domains: Domains | None,
        clock: Clock,
        senders: Callable[[], Iterable[str]],
        deployed: Callable[[], Iterable[Line]],
    ) -> None:
        self._settings = settings
        self._inspect = inspector
        self._account = account
        self._domains = domains
        self._clock = clock
        self._senders = senders
        self._deployed = deployed

    def lines(self) -> Iterator[Line]:
        """Every finding. The first that makes the others pointless is the last one."""
        try:
            identity = self._account.identity()
        except PivotrError as error:
            yield failure("credentials", error.sentence, error.hint)
            return
        wanted = self._settings.account
        if wanted and wanted != identity.account:
            yield failure(
                "account",
                f"These credentials open {identity.account}, the settings name {wanted}.",
                "Choose other credentials with AWS_PROFILE, or set PIVOTR_ACCOUNT.",
            )
            return
        yield ok("credentials", f"{identity.arn} in {self._settings.region}")
        yield from asked("clock", self._of_clock)
        yield from asked("bootstrap", self._of_bootstrap)
        yield from asked("concurrency", self._of_concurrency)
        yield from asked("ses", self._of_ses)
        yield from asked("senders", self._of_senders)
        yield from self._deployed()

    def _of_clock(self) -> Iterator[Line]:
        skew = abs(self._clock.now() - self._inspect.now())
        if skew > _SKEW:
            yield failure(
                "clock",
                f"This machine is {skew.total_seconds():.0f} s off AWS's time.",
                "Let it set its clock from the network (NTP).",
            )
        else:
            yield ok("clock", "agrees with AWS's")

    def _of_bootstrap(self) -> Iterator[Line]:
        version = self._account.bootstrap_version()
        if version is None:
            yield failure("bootstrap", "The account is not prepared for the CDK.", "Run: pivotr bootstrap")
        else:
            yield ok("bootstrap", f"version {version}")

    def _of_concurrency(self) -> Iterator[Line]:
        found = self._account.concurrency(tuple(self._physical(spec.name) for spec in names.FUNCTIONS))
        says = f"{found.limit} executions at once, {found.unreserved} of them unreserved"
        needed = sum(spec.concurrency for spec in names.FUNCTIONS)
        if self._settings.reserved_concurrency and found.unreserved + sum(found.ours.values()) < needed + 100:
            yield warning(
                "concurrency",
                f"{says}; reserving {needed} leaves fewer than 100",
                "Ask for more in Service Quotas, or deploy with --no-reserved-concurrency.",
            )
        else:
            yield ok("concurrency", says)

    def _of_ses(self) -> Iterator[Line]:
        found = self._inspect.ses_account()
        if not found.is_sending or found.enforcement == "SHUTDOWN":
            yield failure(
                "ses",
                "SES has switched sending off.",
                "Answer AWS's mail in the support centre of this account.",
            )
        elif found.enforcement == "PROBATION":
            yield warning(
                "ses",
                "SES reviews this account (PROBATION).",
                "Pause campaigns, find the list that bounces: pivotr metrics show",
            )
        else:
            yield ok("ses", f"{found.enforcement or 'no enforcement'}")
        if found.is_production:
            yield ok("ses access", "production")
        else:
            yield warning(
                "ses access",
                "SES is in its sandbox: only verified addresses get mails.",
                "Ask for production access in the SES console.",
            )
        left = found.max_24_hours - found.sent_24_hours
        yield ok("ses quota", f"{found.max_24_hours:,.0f} mails in 24 h, {left:,.0f} left")
        if self._settings.env == "sandbox":
            return  # the emulator accepts the setting and forgets it
        if missing := {"BOUNCE", "COMPLAINT"} - found.suppresses:
            yield warning(
                "ses suppression",
                f"SES does not keep its own list for {' and '.join(sorted(missing)).lower()}s.",
                "aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT",
            )
        else:
            yield ok("ses suppression", "bounces and complaints")

    def _of_senders(self) -> Iterator[Line]:
        """Identities that mails come from, with DKIM at SES and SPF, DKIM, DMARC in the DNS."""
        addresses = sorted({*self._senders(), *self._settings.identities})
        if not addresses:
            yield warning("senders", "There is no sender.", "Add one: pivotr sender add ADDRESS")
        domains: set[str] = set()
        for address in addresses:
            domain = address.rpartition("@")[2]
            domains.add(domain)
            found = self._inspect.ses_identity(address) or self._inspect.ses_identity(domain)
            at_ses = self._inspect.ses_identity(domain)
            if found is None or not found.is_verified:
                yield failure(
                    f"identity {address}",
                    "SES has not verified it.",
                    verified_there(domain)
                    if self._settings.env == "sandbox"
                    else f"aws sesv2 create-email-identity --email-identity {domain}",
                )
            elif self._settings.env == "sandbox":
                yield ok(f"identity {address}", "the emulator takes it for verified")
            elif at_ses is None or at_ses.dkim != "SUCCESS":
                yield warning(
                    f"identity {address}",
                    f"verified, but mails of {domain} carry no DKIM signature of their own.",
                    "Publish the CNAME records that SES shows for the domain.",
                )
            else:
                yield ok(f"identity {address}", "verified, signs with DKIM")
        if self._domains is None:
            return
        for domain, found_there in self._domains.look_up(sorted(domains), seconds=5.0).items():
            yield of_domain(
                domain,
                missing=found_there.missing,
                is_unknown=found_there.is_unknown,
                policy=found_there.policy,
            )

    def _physical(self, name: str) -> str:
        return names.physical(self._settings.env, name)
