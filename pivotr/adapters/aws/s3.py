"""Lead files in the bucket of an environment; what lies there is deleted by the bucket's own rule."""

from __future__ import annotations

from typing import Any, BinaryIO, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault
from pivotr.errors import NotFound
from pivotr.ports.files import UploadForm

_BLOCK: Final = 1 << 20


class S3Files:
    """Files port on one bucket."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def form(self, key: str, *, largest_bytes: int, expires_seconds: int) -> UploadForm:
        """A pre-signed POST with the rights of whoever signs it; S3 refuses a larger file."""
        try:
            signed = self._client().generate_presigned_post(
                Bucket=self._bucket,
                Key=key,
                Conditions=[["content-length-range", 1, largest_bytes]],
                ExpiresIn=expires_seconds,
            )
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "S3") from error
        return UploadForm(signed["url"], signed["fields"], expires_seconds, largest_bytes)

    def put(self, key: str, data: bytes) -> None:
        """Keep a file."""
        try:
            self._client().put_object(Bucket=self._bucket, Key=key, Body=data)
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "S3") from error

    def fetch(self, key: str, into: BinaryIO) -> None:
        """Write the file into another, a mebibyte at a time. Raises NotFound."""
        try:
            body = self._client().get_object(Bucket=self._bucket, Key=key)["Body"]
            while block := body.read(_BLOCK):
                into.write(block)
        except ClientError as error:
            # without the right to list a bucket S3 says of a missing file that access is denied
            if code_of(error) in ("NoSuchKey", "404", "AccessDenied"):
                raise NotFound(
                    "The file has not been uploaded.", hint="Upload it, then begin again."
                ) from None
            raise fault(error, "S3") from error
        except BotoCoreError as error:
            raise fault(error, "S3") from error

    def _client(self) -> Any:
        return self._clients.client("s3")
