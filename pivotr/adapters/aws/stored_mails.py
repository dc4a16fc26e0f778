"""Mails that SES has received and stored in a bucket."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import fault

#: Of each mail no more is read: what matters stands in its first parts.
LARGEST = 256 * 1024


class StoredMails:
    """Reads objects by bucket and key."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, bucket: str, key: str) -> bytes:
        """The beginning of an object. Raises Unavailable, Misconfigured, Rejected."""
        try:
            found: dict[str, Any] = self._clients.client("s3").get_object(Bucket=bucket, Key=key)
            raw: bytes = found["Body"].read(LARGEST)
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "S3") from error
        return raw
