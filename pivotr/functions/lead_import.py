"""lead-import: a lead file in a request, or one that was uploaded, or the rest of one.

`{"upload": id}` comes asynchronously, from the request that took the file and from the function itself; the
event of a bucket names the same upload by its key.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from pivotr.api.app import Api
from pivotr.api.routes import imports
from pivotr.errors import NotFound

if TYPE_CHECKING:
    from pivotr.wiring import Services

_log = logging.getLogger(__name__)
_api = Api([imports.noun])


def handle(event: dict[str, Any], services: Services) -> dict[str, Any]:
    """Answer a request, or go on with every upload that the event names; returns how each ended."""
    if "requestContext" in event:
        return _api.handle(event, services)
    return _go_on(event, services)


def _go_on(event: Mapping[str, Any], services: Services) -> dict[str, str]:
    """One upload after the other; one that nobody knows is left alone."""
    ends: dict[str, str] = {}
    for upload in _uploads(event):
        try:
            ends[upload] = services.uploads.go_on(upload)
        except NotFound as error:
            _log.warning("upload %s: %s", upload, error.sentence)
            ends[upload] = "unknown"
        else:
            _log.info("upload %s: %s", upload, ends[upload])
    return ends


def _uploads(event: Mapping[str, Any]) -> Iterator[str]:
    if "upload" in event:
        yield str(event["upload"])
    for record in event.get("Records", ()):
        key = unquote_plus(str(record.get("s3", {}).get("object", {}).get("key", "")))
        if key:
            yield key.rpartition("/")[2]
