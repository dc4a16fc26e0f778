"""What is wrapped around a provider event in the queue: SNS, EventBridge, a copied SQS record, or nothing.

Knows JSON and envelopes, not events. Nothing that arrives here is trusted, and nothing is ever fetched: a
subscription to a topic is confirmed by the operator, not by whoever can put a message into the queue.
"""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic_core import from_json

from pivotr.errors import InvalidInput

#: What SNS and SES say about themselves; `ignored` greets a new destination.
SnsKind: TypeAlias = Literal["sns_subscription_confirmation", "sns_unsubscribe_confirmation", "ignored"]

#: SNS around EventBridge around the event, inside a copied SQS record, is the deepest that occurs.
_MAX_DEPTH = 5
#: SES sends these texts itself when a destination is connected; they say nothing about a mail.
_GREETINGS = ("Successfully validated SNS topic", "You have successfully subscribed your Amazon SNS topic")
_SNS_KINDS: dict[str, SnsKind] = {
    "SubscriptionConfirmation": "sns_subscription_confirmation",
    "UnsubscribeConfirmation": "sns_unsubscribe_confirmation",
}


class MalformedFeedback(InvalidInput):
    """A queue record that is no provider event; the sentence says why."""


class Unwrapped(NamedTuple):
    """The innermost object, the type that EventBridge names, or the kind of a message of SNS's own."""

    event: dict[str, Any]
    detail_type: str = ""
    sns_kind: SnsKind | None = None
    text: str = ""


def unwrap(body: str) -> Unwrapped:
    """The event inside a queue record. Raises MalformedFeedback."""
    content: Any = body
    detail_type = ""
    for _ in range(_MAX_DEPTH):
        if isinstance(content, str):
            try:
                content = _loaded(content)
            except MalformedFeedback:
                if content.startswith(_GREETINGS):
                    return Unwrapped({}, "", "ignored", content)
                raise
        if not isinstance(content, dict):
            if isinstance(content, str):
                continue
            raise malformed(f"It holds {_told(content)} instead of an object.")
        if content.get("Type") == "Notification" and isinstance(content.get("Message"), str):
            content = content["Message"]
            continue
        if "eventType" in content or "notificationType" in content or is_stored(content):
            return Unwrapped(content, detail_type)
        if content.get("Event") == "s3:TestEvent":
            return Unwrapped({}, "", "ignored", "s3:TestEvent")
        if kind := _SNS_KINDS.get(_string(content, "Type")):
            return Unwrapped(content, "", kind, _string(content, "TopicArn"))
        detail_type = _string(content, "detail-type") or detail_type
        inner = content.get("Message") or _inner(content)
        if not isinstance(inner, (str, dict)):
            if detail_type:
                return Unwrapped(content, detail_type)
            raise malformed("It names no event: neither eventType nor notificationType.")
        content = inner
    raise malformed("It is wrapped too often.")


def is_stored(content: dict[str, Any]) -> bool:
    """True for S3's own notification of a new object: a mail that SES has received and stored there."""
    records = content.get("Records")
    if not isinstance(records, list) or not records or not isinstance(records[0], dict):
        return False
    return records[0].get("eventSource") == "aws:s3"


def malformed(why: str) -> MalformedFeedback:
    """The error for a record that cannot be understood."""
    return MalformedFeedback(why, hint="Look at it with: pivotr feedback classify FILE")


def _inner(content: dict[str, Any]) -> Any:
    """What an envelope other than that of SNS holds: text or an object; None where this is no envelope."""
    return next((content[name] for name in ("detail", "Body", "body") if content.get(name)), None)


def _string(content: dict[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _loaded(text: str) -> Any:
    """The value of a JSON text. Raises MalformedFeedback, whatever the text."""
    try:
        # values are too different to be worth remembering, names are not
        return from_json(text, cache_strings="keys")
    except (ValueError, TypeError):
        pass
    try:
        # reads what the fast parser refuses: a byte order mark before it, half a surrogate pair within
        return json.loads(text.lstrip("\ufeff \t\r\n"))
    except (ValueError, RecursionError):
        raise malformed("It is not JSON.") from None


def _told(value: Any) -> str:
    kinds = {list: "a list", bool: "yes or no", type(None): "null", int: "a number", float: "a number"}
    return kinds.get(type(value), "something")
