"""Alarms to an SNS topic, which passes them on to whoever subscribes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.faults import fault

#: SNS takes up to 100 characters of ASCII that begin with a letter or digit ("Publish", SNS API reference).
_SUBJECT = 99


class SnsAlarms:
    """Alarms port on one topic; `make_client` gives a client of `sns`."""

    def __init__(self, make_client: Callable[[], Any], topic: str) -> None:
        self._make_client = make_client
        self._topic = topic

    def tell(self, subject: str, text: str) -> None:
        """Publish once. Raises Unavailable, Misconfigured."""
        plain = " ".join(subject.split()).encode("ascii", "replace").decode()[:_SUBJECT]
        try:
            self._make_client().publish(TopicArn=self._topic, Subject=plain, Message=text)
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "SNS") from error
