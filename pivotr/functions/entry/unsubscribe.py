"""Lambda's way into unsubscribe."""

import os
from typing import Any

from pivotr import names
from pivotr.domain.unsubscribe_pages import page
from pivotr.functions import unsubscribe
from pivotr.functions.lambda_process import Process, handler_of
from pivotr.wiring import Services

_process = Process(
    names.UNSUBSCRIBE,
    warm=lambda services: (services.unsubscribing, page("unknown", language="en", sender="")),
    environ=os.environ,
)


def _handle(event: dict[str, Any], services: Services) -> dict[str, Any]:
    """A link that no key fits may be signed with one that is newer than this process: look once more."""
    answer = unsubscribe.handle(event, services)
    if answer["statusCode"] != 404:
        return answer
    _process.renew()
    return unsubscribe.handle(event, _process.services())


handler = handler_of(_process, _handle)
