"""Test mails: the very mail of a lead, through the real mailer, to an address of one's own.

Outside of metrics, caps and the states of leads: no claim is made and nothing is counted. The provider's own
quota counts it, as it counts every recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pivotr.domain.addresses import judge
from pivotr.domain.audience import draw_sender
from pivotr.domain.campaigns import Campaign
from pivotr.domain.chance import attempt_id
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.outgoing import Recipient, Wording
from pivotr.domain.senders import Sender
from pivotr.domain.templates import CompiledTemplate
from pivotr.errors import Conflict, InvalidInput, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import Accepted, AccountRefused, Mail, Mailer, NotSent, Outcome, RecipientRejected
from pivotr.ports.table import Table
from pivotr.storage import log, transactions
from pivotr.storage.audience import Audience
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.leads import Leads
from pivotr.storage.recent import Recent
from pivotr.storage.suppressions import Suppressions

#: Addresses of one test: a test is for people who look at it.
MOST = 10
_RESULTS: dict[type[Outcome], str] = {
    Accepted: "accepted",
    NotSent: "not sent",
    AccountRefused: "refused",
    RecipientRejected: "rejected",
}


@dataclass(frozen=True, slots=True)
class SentTest:
    """One test mail and what the provider said: accepted, not sent, refused, rejected, unknown.

    `lead` is the address whose mail it is, `attempt` what its header X-Pivotr-Attempt holds.
    """

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


@dataclass(frozen=True, slots=True)
class _What:
    """Whose mail it is, and what it is made of."""

    campaign: Campaign
    lead: Lead
    sender: Sender
    step: int
    template: CompiledTemplate
    first_template: CompiledTemplate


class TestSends:
    """Sends tests; every one is logged with who asked for it."""

    def __init__(
        self,
        *,
        table: Table,
        clock: Clock,
        recent: Recent,
        wording: Wording,
        key: bytes,
        mailer: Callable[[], Mailer],
    ) -> None:
        self._table = table
        self._clock = clock
        self._recent = recent
        self._wording = wording
        self._key = key
        self._mailer = mailer
        self._leads = Leads(table)
        self._audience = Audience(table, key)
        self._suppressions = Suppressions(table, key)

    def send(
        self, key: str, to: Sequence[str], *, lead: str = "", step: int = 1, actor: str = ""
    ) -> list[SentTest]:
        """Send one mail of a campaign to each address: that of the named lead, else of its first.

        The way out in it belongs to the address that gets it, so that nobody stops the lead by trying it.
        Cc shows who would get a copy; nobody does.
        Every address is judged before the first mail leaves. Raises NotFound, InvalidInput, MissingVariable,
        Conflict for an address that is suppressed.
        """
        campaign = Campaigns(self._table).get(key, consistent=True)
        if campaign is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        if not 1 <= step <= len(campaign.steps):
            raise InvalidInput(f"“{campaign.name}” has no step {step}.", hint="Use --step 1, for example.")
        addresses = self._addresses(to)
        person = (
            self._leads.named(self._key, lead)
            if lead
            else self._audience.first(campaign, self._clock.now(), 1)[0]
        )
        pinned = person.sender if person.campaign == campaign.id else draw_sender(campaign, person.id)
        sender = self._recent.profile(pinned)
        if sender is None:
            raise NotFound("The sender has no profile.", hint="See all with: pivotr sender list")
        templates = self._recent.of_step(campaign.steps[step - 1]), self._recent.of_step(campaign.steps[0])
        what = _What(campaign, person, sender, step, *templates)
        return [self._send(what, one, actor) for one in addresses]

    def _send(self, what: _What, to: Recipient, actor: str) -> SentTest:
        now = self._clock.now()
        attempt = attempt_id(now, self._clock.token())
        mail = self._wording.mail(
            campaign=what.campaign.id,
            template=what.template,
            first_template=what.first_template,
            lead=what.lead,
            step=what.step,
            sender=what.sender,
            preferences=self._recent.preferences(),
            attempt=attempt,
            at=now,
            recipient=to,
            copies=self._suppressions.free(what.sender.cc),
        )
        tags = {"test": what.campaign.id}
        outcome = self._mailer().send(Mail(what.sender.address, (to.address,), mail.data, tags))
        sent = SentTest(
            to=to.address,
            result=_RESULTS.get(type(outcome), "unknown"),
            detail="" if isinstance(outcome, Accepted) else outcome.text,
            message_id=outcome.message_id if isinstance(outcome, Accepted) else "",
            sender=what.sender.address,
            lead=what.lead.email,
            subject=mail.rendered.subject,
            variant=mail.rendered.variant,
            attempt=attempt,
            data=mail.data,
        )
        self._log(what, sent, to, actor)
        return sent

    def _log(self, what: _What, sent: SentTest, to: Recipient, actor: str) -> None:
        """No id of the provider stands where events look for theirs: nothing of a test is counted."""
        now = self._clock.now()
        reason = " ".join(filter(None, (f"{sent.to}: {sent.result}", sent.detail)))
        entry = log.entry(
            what.campaign.id, log.plain_key(now, self._clock.token(), to.lead, "test"), "test", at=now,
            lead=to.lead, actor=actor, reason=reason, sender=what.sender.id, step=what.step,
        )  # fmt: skip
        transactions.run(self._table, [entry], token=self._clock.token(), clock=self._clock)

    def _addresses(self, given: Sequence[str]) -> list[Recipient]:
        if not 1 <= len(given) <= MOST:
            raise InvalidInput(f"A test goes to 1 to {MOST} addresses.", hint="Name them with --to ADDRESS.")
        found: list[Recipient] = []
        for text in given:
            verdict = judge(text)
            if verdict.verdict != "valid":
                raise InvalidInput(f"“{text}” is not a mail address.", hint="Write it as me@acme.example.")
            address = verdict.normalized
            if self._suppressions.find(address):
                raise Conflict(
                    f"{address} is suppressed and gets no mail, not even a test.",
                    hint=f"See why: pivotr suppress check {address}",
                )
            found.append(Recipient(lead_id(self._key, address), address))
        return list(dict.fromkeys(found))
