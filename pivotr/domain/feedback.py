"""What a provider event means: its kind, whom it is about, and what to do with each of them.

Reads both shapes of SES (identity notifications with `notificationType`, event publishing with `eventType`;
"Contents of event data that Amazon SES publishes to Amazon SNS", SES developer guide) in every envelope.
Only the recipients that the event itself lists are touched, never the rest of the mail's destinations.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

from pivotr.domain.addresses import normalise
from pivotr.domain.feedback_envelopes import (
    MalformedFeedback,
    SnsKind,
    Unwrapped,
    is_stored,
    malformed,
    unwrap,
)
from pivotr.domain.feedback_receipts import Receipt, of_notification, of_storage
from pivotr.domain.instants import to_text

Action: TypeAlias = Literal["suppress", "soft", "none"]
Kind: TypeAlias = (
    Literal[
        "delivery", "bounce", "complaint", "send", "reject", "open", "click", "rendering_failure",
        "delivery_delay", "subscription", "received", "unknown", "malformed",
    ]
    | SnsKind
)  # fmt: skip


#: What every mail of ours carries: together they say which mail it is.
MAIL_TAGS = ("campaign", "lead", "sender", "step", "attempt")


class Recipient(NamedTuple):
    """One person of an event, the address in its normal form."""

    email: str
    action: Action


class FeedbackEvent(NamedTuple):
    """One provider event. Instants are texts in the stored form, empty where the event has none."""

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    message_id: str = ""
    #: When the provider took the mail, and when this event happened.
    sent_at: str = ""
    event_at: str = ""
    tags: Mapping[str, str] = MappingProxyType({})
    bounce_type: str = ""
    bounce_subtype: str = ""
    #: Free text of the provider: the answer of the receiving server, a reason, a link; why it is malformed.
    detail: str = ""
    #: The provider's own word for the kind.
    raw_kind: str = ""
    #: Whom the mail is from, as the provider writes it: `plain_address` reads it.
    source: str = ""
    #: Of kind `received`: the mail that somebody sent to us.
    receipt: Receipt | None = None


class _Shape(NamedTuple):
    """Where an event keeps its own object, its recipients, and the text that tells most."""

    kind: Kind
    part: str
    recipients: str
    detail: tuple[str, ...]


_SHAPES = {
    "bounce": _Shape("bounce", "bounce", "bouncedRecipients", ()),
    "complaint": _Shape(
        "complaint", "complaint", "complainedRecipients", ("complaintFeedbackType", "userAgent")
    ),
    "delivery": _Shape("delivery", "delivery", "recipients", ("smtpResponse",)),
    "send": _Shape("send", "send", "", ()),
    "reject": _Shape("reject", "reject", "", ("reason",)),
    "open": _Shape("open", "open", "", ("userAgent",)),
    "click": _Shape("click", "click", "", ("link",)),
    "renderingfailure": _Shape("rendering_failure", "failure", "", ("errorMessage",)),
    "deliverydelay": _Shape("delivery_delay", "deliveryDelay", "delayedRecipients", ("delayType",)),
    "subscription": _Shape("subscription", "subscription", "", ("source",)),
}
#: What EventBridge calls the kinds in `detail-type` (SES developer guide, "Monitoring using EventBridge").
_DETAIL_TYPES = {
    "email bounced": "bounce",
    "email complaint received": "complaint",
    "email delivered": "delivery",
    "email sent": "send",
    "email rejected": "reject",
    "email opened": "open",
    "email clicked": "click",
    "email rendering failed": "renderingfailure",
    "email delivery delayed": "deliverydelay",
    "email subscribed": "subscription",
}
#: Kinds that must say themselves whom they are about: nobody else may be touched.
_NAMING_RECIPIENTS = ("bounce", "complaint")
#: An address as SES nearly always writes it, with nothing to normalise but its case.
_is_plain = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]*[A-Za-z]").fullmatch
#: An address among other words: behind `rfc822;`, before a comment.
_find_address = re.compile(
    r"(?<![^\s<(\[;:,])[^\s<>()\[\]\";:,@]+@[^\s<>()\[\]\";:,@]+(?![^\s>)\];:,])"
).search
_TEXT_LIMIT = 1000
_WORD_LIMIT = 200


def parse_body(body: str) -> FeedbackEvent:
    """The event of one queue record, whatever the record holds; a body that is none has kind `malformed`.

    Unknown kinds are `unknown` with the provider's word in `raw_kind`; what SNS and SES say about themselves
    is reported by a kind of its own and touches nobody. Raises nothing.
    """
    try:
        return _event(unwrap(body))
    except MalformedFeedback as error:
        return FeedbackEvent("malformed", detail=error.sentence)


def _event(found: Unwrapped) -> FeedbackEvent:
    if found.sns_kind:
        return FeedbackEvent(found.sns_kind, detail=_text(found.text, _TEXT_LIMIT))
    event = found.event
    if "Records" in event and is_stored(event):
        return FeedbackEvent("received", receipt=of_storage(event), raw_kind="ObjectCreated")
    raw_kind = (
        _word(event.get("eventType")) or _word(event.get("notificationType")) or _word(found.detail_type)
    )
    shape = _shape_of(raw_kind)
    mail = event.get("mail")
    if not isinstance(mail, dict):
        mail = {}
    sent_at = _instant(mail.get("timestamp"))
    message_id = _word(mail.get("messageId"))
    tags = _tags(mail.get("tags"))
    source = mail.get("source")
    if not isinstance(source, str):
        source = ""
    if shape is None:
        if not raw_kind:
            raise malformed("It does not name the kind of event.")
        if raw_kind == "Received":
            return FeedbackEvent(
                "received", (), message_id, sent_at, sent_at, raw_kind=raw_kind, source=source,
                receipt=of_notification(event),
            )  # fmt: skip
        kind: Kind = "ignored" if raw_kind == "AmazonSnsSubscriptionSucceeded" else "unknown"
        return FeedbackEvent(kind, (), message_id, sent_at, sent_at, tags, raw_kind=raw_kind[:64])
    part = event.get(shape.part)
    if not isinstance(part, dict):
        part = {}
    listed = part.get(shape.recipients)
    names_people = shape.kind in _NAMING_RECIPIENTS
    bounce_type = _word(part.get("bounceType")) if names_people else ""
    subtype = _word(part.get("bounceSubType") or part.get("complaintSubType")) if names_people else ""
    action = _action(shape.kind, bounce_type, part)
    recipients = _recipients(listed, action)
    if not recipients:
        if names_people:
            raise malformed(f"This {shape.kind} names no recipient.")
        recipients = _recipients(mail.get("destination"), action)
    event_at = _instant(part.get("timestamp")) or sent_at
    return FeedbackEvent(
        shape.kind, recipients, message_id, sent_at, event_at, tags, bounce_type, subtype,
        _detail(shape, part, listed), raw_kind, source,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _shape_of(raw_kind: str) -> _Shape | None:
    lowered = raw_kind.casefold()
    plain = lowered.replace(" ", "").replace("_", "").replace("-", "")
    return _SHAPES.get(_DETAIL_TYPES.get(lowered, plain))


def _action(kind: Kind, bounce_type: str, part: dict[str, Any]) -> Action:
    """What the event means for those whom it lists.

    Every permanent bounce counts, whatever its subtype: also "on the suppression list", which says that the
    address bounced or complained before. Types that nobody knows are soft: they count, but stop nobody alone.
    """
    if kind == "bounce":
        return "suppress" if bounce_type.casefold() == "permanent" else "soft"
    if kind == "complaint":
        return "none" if _word(part.get("complaintFeedbackType")).casefold() == "not-spam" else "suppress"
    if kind == "subscription":
        return "suppress" if _has_left(part) else "none"
    return "none"


def _has_left(part: dict[str, Any]) -> bool:
    """True when a person has just unsubscribed from everything or from a topic."""
    preferences = part.get("newTopicPreferences")
    if not isinstance(preferences, dict):
        return False
    if preferences.get("unsubscribeAll") is True:
        return True
    return bool(_left_topics(preferences) - _left_topics(part.get("oldTopicPreferences")))


def _left_topics(preferences: Any) -> set[str]:
    topics = preferences.get("topicSubscriptionStatus") if isinstance(preferences, dict) else None
    return {
        _word(topic.get("topicName"))
        for topic in (topics if isinstance(topics, list) else ())
        if isinstance(topic, dict) and _word(topic.get("subscriptionStatus")).casefold() == "optout"
    }


def _recipients(listed: Any, action: Action) -> tuple[Recipient, ...]:
    if not isinstance(listed, list):
        return ()
    found: list[Recipient] = []
    for entry in listed:
        raw = entry.get("emailAddress") if isinstance(entry, dict) else entry
        if isinstance(raw, str) and (email := plain_address(raw)):
            found.append(Recipient(email, action))
    return tuple(found if len(found) < 2 else dict.fromkeys(found))


def plain_address(text: str) -> str:
    """The address of `Jane <JANE@x.example>` in lower case; empty where there is none.

    One that our own rules would not import is kept as it is: the provider mailed it.
    """
    if len(text) <= _WORD_LIMIT and _is_plain(text):
        return text.lower()
    plain = _text(text, _TEXT_LIMIT).strip().lower()
    if plain.endswith(">"):
        plain = plain[:-1].rpartition("<")[2].strip()
    if known := normalise(plain):
        return known
    if among := _find_address(plain):
        return normalise(among[0]) or among[0]
    return plain if 0 < plain.find("@") < len(plain) - 1 else ""


def _detail(shape: _Shape, part: dict[str, Any], listed: Any) -> str:
    texts = [text for name in shape.detail if isinstance(text := part.get(name), str)]
    if isinstance(listed, list):
        for entry in listed:
            if isinstance(entry, dict) and isinstance(code := entry.get("diagnosticCode"), str):
                texts.append(code)
                break
    return _text(texts[0] if len(texts) == 1 else " ".join(texts), _TEXT_LIMIT) if texts else ""


def _tags(value: Any) -> dict[str, str]:
    """The tags of a mail that are ours: SES gives each a list of values, of which ours have one."""
    if not isinstance(value, dict):
        return {}
    tags: dict[str, str] = {}
    for name in MAIL_TAGS:
        values = value.get(name)
        first = values[0] if isinstance(values, list) and values else values
        if isinstance(first, str):
            tags[name] = _word(first)
    return tags


def _instant(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    try:
        at = datetime.fromisoformat(value)
        if len(value) == 24 and value[10] == "T" and value[19] == "." and value[23] == "Z":
            return value  # the stored form already, as SES writes it
        return to_text(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""


def _word(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= _WORD_LIMIT and value.isascii() else _text(value, _WORD_LIMIT)
    return ""


def _text(value: str, limit: int) -> str:
    """A text that can be stored: of limited length, without halves of surrogate pairs."""
    if value.isascii():
        return value if len(value) <= limit else value[:limit]
    return value[:limit].encode("utf-8", "replace").decode()
