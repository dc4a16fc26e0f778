"""The log in sentences: of one lead, of one campaign, of the account."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pivotr.domain.addresses import judge
from pivotr.domain.leads import lead_id
from pivotr.domain.preferences import loosens_guard
from pivotr.domain.reports import LogLine
from pivotr.errors import NotFound
from pivotr.ports.table import Item, Table
from pivotr.storage.campaigns import Campaigns
from pivotr.storage.leads import Leads
from pivotr.storage.log import Log
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT

#: Kind → what it says. `{to}` and `{by}` are the lead's address and the sender's, `{why}` the reason.
SENTENCES = {
    "sent": "Mail {step} to {to} was accepted by the provider, from {by}.",
    "unconfirmed": "Nobody knows whether mail {step} to {to} went out: {why}",
    "failed": "Mail {step} to {to} was refused for good: {why}",
    "released": "Mail {step} to {to} was not sent this time, it will be tried again: {why}",
    "skipped": "{to} was left out before mail {step}: {why}",
    "settled": "Mail {step} to {to} was settled by an operator: {why}",
    "delivered": "The receiving server took the mail to {to}.",
    "bounced": "The mail to {to} bounced for good: {why}",
    "complained": "{to} reported the mail as spam. {why}",
    "transient": "The mail to {to} bounced for now: {why}",
    "rejected": "The provider rejected the mail to {to} after taking it: {why}",
    "withdrawn": "{to} was taken out of the campaign. {why}",
    "unsubscribed": "{to} unsubscribed.",
    "suppressed": "{to} was suppressed ({why}).",
    "suppressed_domain": "A whole domain was suppressed: {why}",
    "unsuppressed": "A suppression was lifted: {why}",
    "replied": "{to} has answered, nothing more is sent. {why}",
    "deleted": "The lead was deleted.",
    "added": "{to} was added by hand.",
    "corrected": "{to} was corrected: {why}",
    "imported": "A file was imported: {why}",
    "approved": "Rows that waited were taken in: {why}",
    "discarded": "Rows that waited were thrown away: {why}",
    "undone": "An import was taken back: {why}",
    "list_renamed": "A list has another name: {why}",
    "list_deleted": "A list was deleted, its leads stay: {why}",
    "erased": "The person was erased on request.",
    "opened": "The mail to {to} was opened.",
    "clicked": "A link in the mail to {to} was opened.",
    "delayed": "The receiving server makes the mail to {to} wait. {why}",
    "created": "The campaign was created.",
    "updated": "The campaign was changed. {why}",
    "started": "The campaign was started.",
    "paused": "The campaign was paused. {why}",
    "resumed": "The campaign was resumed.",
    "aborted": "The campaign was aborted.",
    "completed": "The campaign is complete.",
    "guard": "The guard stopped everything: {why}",
    "guard_sender": "The guard stopped the mailbox {by}: {why}",
    "guard_list": "The guard stopped a list: {why}",
    "guard_domain": "A receiving domain refuses many of its people: {why}",
    "acknowledged": "An operator let sending go on: {why}",
    "test": "A test mail was sent from {by}. {why}",
    "setting": "A setting was changed: {why}",
    # what the provider says and the account's log alone keeps
    "bounce": "A bounce came that counts for no campaign. {why}",
    "complaint": "A complaint came that counts for no campaign. {why}",
    "delivery": "A delivery was told of that counts for no campaign. {why}",
    "subscription": "A person changed a subscription at the provider. {why}",
    "received": "A mail came in that could not be read here. {why}",
    "unknown": "The provider told of something that Pivotr does not know: {why}",
    "ignored": "A new destination of events was greeted. {why}",
    "sns_subscription_confirmation": "SNS asks to confirm a subscription; nothing was fetched. Topic: {why}",
    "sns_unsubscribe_confirmation": "SNS says that a subscription has ended. Topic: {why}",
}

_SOMEBODY = "this lead"


class Logs:
    """Reads the log."""

    def __init__(self, *, table: Table, recent: Recent, key: bytes) -> None:
        self._recent = recent
        self._key = key
        self._log = Log(table)
        self._leads = Leads(table)
        self._campaigns = Campaigns(table)

    def of_lead(self, key: str) -> list[LogLine]:
        """Everything about a lead by address or id, oldest first. Raises NotFound for one never heard of."""
        text = key.strip()
        identity = lead_id(self._key, judge(text).normalized or text.lower()) if "@" in text else text
        found = self._log.of_lead(identity)
        lead = self._leads.get(identity)
        if not found and lead is None:
            raise NotFound(f"There is no lead “{key}”.", hint="See all with: pivotr leads list")
        return list(self._lines(iter(found)))

    def of_campaign(
        self, key: str, *, since: str | None = None, limit: int | None = None
    ) -> Iterator[LogLine]:
        """Entries of a campaign (or of the account: `ALL`), oldest first. Raises NotFound.

        `since` is a log key or the beginning of one, as 20261124; `limit` is the most entries.
        """
        if key != ACCOUNT and self._campaigns.get(key) is None:
            raise NotFound(f"There is no campaign “{key}”.", hint="See all with: pivotr campaign list")
        return self._lines(islice(self._log.of_campaign(key, since=since), limit))

    def _lines(self, items: Iterator[Item]) -> Iterator[LogLine]:
        while page := list(islice(items, 100)):
            leads = _leads_of(page)
            emails = self._emails({lead for lead in leads if lead})
            told = sorted(
                zip(page, leads, strict=True), key=lambda one: (one[0]["at"], one[0]["kind"] == "delivered")
            )
            yield from (self._line(item, emails.get(lead, "")) for item, lead in told)

    def _emails(self, leads: set[str]) -> dict[str, str]:
        ids = sorted(leads)
        return {lead.id: lead.email for lead in (self._leads.get_many(ids) if ids else []) if lead}

    def _line(self, item: Item, email: str) -> LogLine:
        profile = self._recent.profile(item["sender"]) if item.get("sender") else None
        sender = profile.address if profile else item.get("sender", "")
        reason = str(item.get("reason", "") or item.get("detail", "") or _change(item))
        pattern = SENTENCES.get(item["kind"], f"{item['kind'].replace('_', ' ').capitalize()}. {{why}}")
        step = item.get("step", 1)
        to = email or item.get("leadId", "") or _SOMEBODY
        sentence = pattern.format(step=step, to=to, by=sender or "a sender", why=reason or "no reason known")
        if to == _SOMEBODY:
            sentence = sentence.replace(f" to {_SOMEBODY}", "")
        if not reason:
            sentence = sentence.replace(" no reason known", "").replace(" ()", "").rstrip(":")
        return LogLine(
            at=item["at"],
            kind=item["kind"],
            sentence=sentence if sentence.endswith((".", ")")) else f"{sentence}.",
            campaign=item["campaignId"] if item["campaignId"] != ACCOUNT else "",
            lead=item.get("leadId", ""),
            email=email,
            sender=sender,
            step=int(item.get("step", 0)),
            actor=item.get("actor", ""),
            reason=reason,
        )


def _leads_of(items: list[Item]) -> list[str]:
    """The lead of each entry. A delivery is stored without: it has the one of its mail's other entries."""
    of_mail = {_mail_of(item): item["leadId"] for item in items if item.get("leadId")}
    return [
        item.get("leadId") or (of_mail.get(_mail_of(item), "") if item["kind"] == "delivered" else "")
        for item in items
    ]


def _mail_of(item: Item) -> tuple[str, str]:
    """What all entries of one mail share."""
    return item["campaignId"], str(item["timestamp"]).partition("#")[0]


def _change(item: Item) -> str:
    """What became of a setting; a line of the guard that was raised is told as such."""
    if "setting" not in item:
        return ""
    name, old, new = (str(item.get(part, "")) for part in ("setting", "old", "new"))
    told = f"{name} from {old or 'empty'} to {new or 'empty'}"
    return f"{told}: the guard acts later than before" if loosens_guard(name, old, new) else told
