"""One mail, ready to leave: rendered, composed, and with what the log keeps to render it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pivotr.domain.leads import Lead
from pivotr.domain.mails import compose
from pivotr.domain.preferences import Preferences
from pivotr.domain.senders import Sender
from pivotr.domain.templates import CompiledTemplate, Rendered, variables_for
from pivotr.domain.unsubscribing import make_token


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The exact bytes and the texts in them; `facts` go into the log entry of the mail."""

    data: bytes
    rendered: Rendered
    message_id: str
    copies: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a mail: an address, and the id under which it would be a lead."""

    lead: str
    address: str


def header_id(
    provider: str, message_id: str, attempt: str, domain: str, *, region: str = "ap-south-1"
) -> str:
    """The Message-ID that receivers see, without brackets. SES replaces ours; others keep it."""
    if provider != "ses":
        return f"{attempt}@{domain}"
    host = "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"
    return f"{message_id}@{host}"


@dataclass(frozen=True, slots=True)
class Wording:
    """What a mail needs beside lead, sender and template: provider, public address, and the token's key."""

    provider: str
    key: bytes
    public_url: str = ""
    region: str = "ap-south-1"

    def mail(
        self,
        *,
        campaign: str,
        template: CompiledTemplate,
        first_template: CompiledTemplate,
        lead: Lead,
        step: int,
        sender: Sender,
        preferences: Preferences,
        attempt: str,
        at: datetime,
        recipient: Recipient | None = None,
        copies: Sequence[str] = (),
    ) -> Outgoing:
        """Render and compose; the same arguments give the same bytes (P9). Raises MissingVariable.

        `copies` are shown as Cc and sent to. With `recipient` the mail of this lead goes to somebody else:
        To and the way out are theirs.
        """
        to = recipient or Recipient(lead.id, lead.email)
        token = make_token(self.key, campaign, to.lead)
        others = tuple(dict.fromkeys(one for one in copies if one != to.address))
        values = self._values(lead, sender, preferences, token)
        rendered = template.render(values, campaign=campaign, lead=lead.id, step=step)
        subject = rendered.subject
        if step > 1:
            first = first_template.render(values, campaign=campaign, lead=lead.id, step=1)
            subject = f"Re: {first.subject}"
        thread = lead.thread if step > 1 else ""
        postal_address = preferences.text("footer.address")
        message_id = f"{attempt}@{sender.domain}"
        data = compose(
            sender_name=sender.name,
            sender_address=sender.address,
            to_name=lead.full_name,
            to_address=to.address,
            reply_to=sender.reply_to,
            cc=others,
            subject=subject,
            text=with_footer(rendered.text, postal_address),
            html=html_with_footer(rendered.html, postal_address) if rendered.html else rendered.html,
            date=at.astimezone(ZoneInfo(sender.zone)),
            message_id=message_id,
            unsubscribe_url=self._link(token),
            unsubscribe_mailto=mailto(sender, token),
            in_reply_to=thread,
            references=(thread,) if thread else (),
            extra_headers={"X-Pivotr-Attempt": attempt, **self._feedback_id(campaign, sender, step)},
        )
        used = {name: values[name] for name in template.variables if name in values}
        facts = {
            "template": template.version.id,
            "version": template.version.version,
            "variant": rendered.variant,
            "values": {
                name: value[:120] for name, value in used.items() if value and name != "UnsubscribeLink"
            },
            "digest": hashlib.sha256(data).hexdigest()[:16],
        }
        final = Rendered(subject, rendered.text, rendered.html, rendered.variant)
        return Outgoing(data, final, message_id, others, facts)

    def _values(self, lead: Lead, sender: Sender, preferences: Preferences, token: str) -> dict[str, str]:
        return variables_for(
            lead,
            sender_name=sender.name,
            sender_email=sender.address,
            signature=sender.signature,
            postal_address=preferences.text("footer.address"),
            unsubscribe_link=self._link(token) or mailto(sender, token),
        )

    def _feedback_id(self, campaign: str, sender: Sender, step: int) -> dict[str, str]:
        """Gmail's key for figures of one's own domain: three parts of ours, last the same for each mailbox.

        SES writes its own in its place.
        """
        if self.provider == "ses":
            return {}
        return {"Feedback-ID": f"{campaign}:{step}:mail:{sender.id[:15]}"}

    def _link(self, token: str) -> str:
        return f"{self.public_url.rstrip('/')}/u/{token}" if self.public_url else ""


def mailto(sender: Sender, token: str) -> str:
    """The way out by mail: works where there is no public address."""
    return f"mailto:{sender.reply_to or sender.address}?subject={quote(f'unsubscribe {token}')}"


def with_footer(text: str, address: str) -> str:
    """The text with the sender's postal address under it, unless it stands in the text already."""
    if not address or address in text:
        return text
    return f"{text.rstrip()}\n\n-- \n{address}\n"


def html_with_footer(markup: str, address: str) -> str:
    """The HTML with the postal address at its end, unless it stands there already, as text or escaped."""
    if not address or address in markup or escape(address) in markup:
        return markup
    footer = f"<p>{escape(address)}</p>".replace("\n", "<br>\n")
    at = markup.lower().rfind("</body")
    if at < 0:
        return f"{markup.rstrip()}\n{footer}\n"
    return f"{markup[:at].rstrip()}\n{footer}\n{markup[at:]}"
