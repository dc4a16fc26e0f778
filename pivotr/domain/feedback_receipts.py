"""Mail that SES has received for us: inside a notification, or stored in a bucket.

Shapes: "Contents of notifications for Amazon SES email receiving" (SES developer guide) for the SNS and S3
actions of a receipt rule, and S3's own event notification for a bucket that tells of new objects itself.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple
from urllib.parse import unquote_plus


class Stored(NamedTuple):
    """Where an object lies."""

    bucket: str
    key: str


class Receipt(NamedTuple):
    """The raw mail where the notification holds it, else where it is stored; both empty where it is lost."""

    content: bytes = b""
    stored: tuple[Stored, ...] = ()


def of_notification(event: dict[str, Any]) -> Receipt:
    """The receipt of a notification of SES (`notificationType` is `Received`); never raises."""
    receipt = event.get("receipt")
    action = receipt.get("action") if isinstance(receipt, dict) else None
    action = action if isinstance(action, dict) else {}
    content = event.get("content")
    if isinstance(content, str) and content:
        return Receipt(_decoded(content, str(action.get("encoding", ""))))
    place = _place(action.get("bucketName"), action.get("objectKey"))
    return Receipt(stored=(place,) if place else ())


def of_storage(event: dict[str, Any]) -> Receipt:
    """The receipt of S3's notification: the objects that were created; never raises."""
    places: list[Stored] = []
    for record in event["Records"]:
        part = record.get("s3") if isinstance(record, dict) else None
        if not isinstance(part, dict) or not str(record.get("eventName", "")).startswith("ObjectCreated"):
            continue
        bucket, entry = part.get("bucket"), part.get("object")
        if isinstance(bucket, dict) and isinstance(entry, dict):
            # S3 writes keys as in a form: blanks are plus signs
            key = entry.get("key")
            place = _place(bucket.get("name"), unquote_plus(key) if isinstance(key, str) else key)
            places += [place] if place else []
    return Receipt(stored=tuple(places))


def _place(bucket: Any, key: Any) -> Stored | None:
    is_whole = isinstance(bucket, str) and isinstance(key, str) and bucket and key
    return Stored(bucket, key) if is_whole else None


def _decoded(content: str, encoding: str) -> bytes:
    """The bytes of a mail: BASE64 where the receipt rule says so, else text."""
    if encoding.casefold() == "base64":
        try:
            return base64.b64decode(content)
        except (binascii.Error, ValueError):
            pass
    return content.encode("utf-8", "replace")
