"""The services around mails before they are sent: forecasts, checks of a start. Part of `wiring.Services`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.domain.bounce_paths import bounce_path
from pivotr.settings import Settings
from pivotr.storage.bounce_proof import sees_bounces
from pivotr.storage.recent import Recent
from pivotr.wiring_ports import Ports

if TYPE_CHECKING:
    from pivotr.domain.outgoing import Wording
    from pivotr.services.forecast import Forecasts
    from pivotr.services.readiness import Readiness
    from pivotr.services.test_sends import TestSends


class MailServices:
    """Each is built when it is first asked for."""

    settings: Settings
    ports: Ports
    recent: Recent
    if TYPE_CHECKING:

        @property
        def wording(self) -> Wording:
            """Built beside this."""

    def sees_bounces(self) -> bool:
        """True where somebody would hear that mails bounce."""
        return sees_bounces(self.ports.table, bounce_path(self.settings))

    @cached_property
    def forecasts(self) -> Forecasts:
        """What is to be expected of campaigns."""
        from pivotr.services.forecast import Forecasts

        return Forecasts(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
            quota=lambda: self.ports.mailer.quota(),  # noqa: PLW0108 - no mailer is built before it is asked
            has_paid_verifier=self.settings.verifier == "myemailverifier",
        )

    @cached_property
    def test_sends(self) -> TestSends:
        """Mails of a campaign to an address of one's own."""
        from pivotr.services.test_sends import TestSends

        return TestSends(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            wording=self.wording,
            key=self.ports.secrets.lead,
            mailer=lambda: self.ports.mailer,
        )

    @cached_property
    def readiness(self) -> Readiness:
        """Whether a campaign may start."""
        from pivotr.services.readiness import Outside, Readiness

        return Readiness(
            table=self.ports.table,
            clock=self.ports.clock,
            recent=self.recent,
            key=self.ports.secrets.lead,
            settings=self.settings,
            outside=Outside(
                quota=lambda: self.ports.mailer.quota(),  # noqa: PLW0108 - nobody is made before it is wanted
                identities=self.ports.make_identities,
                domains=self.ports.make_domains,
                sees_bounces=self.sees_bounces,
                credits=self._credits,
                needed_credits=lambda campaign: self.forecasts.campaign(campaign).credits,
            ),
        )

    def _credits(self) -> int | None:
        verifier = self.ports.verifier
        return verifier.credits() if verifier.credits_matter else None
