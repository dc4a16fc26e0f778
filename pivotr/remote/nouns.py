"""What the remote services share: the client, bodies of requests, and one sentence for what the API lacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from pivotr.errors import InvalidInput, Misconfigured, plainly

if TYPE_CHECKING:
    from pivotr.client import Pivotr

Model = TypeVar("Model", bound=BaseModel)


def needs_tables() -> Misconfigured:
    """What is raised where the API has no route for what a command asks."""
    return Misconfigured(
        "This needs the tables themselves; the API does not offer it.",
        hint="Unset PIVOTR_API_URL where you have access to them.",
    )


class RemoteNoun:
    """One service by the API: methods that the class does not have raise Misconfigured.

    Who is named in the log is whom the API takes the caller for; the `actor` of methods is not sent.
    """

    def __init__(self, api: Pivotr, now: Callable[[], datetime]) -> None:
        self._api = api
        self._now = now

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise needs_tables()


def body(model: type[Model], **values: Any) -> Model:
    """A body of a request; what is None is left out. Raises InvalidInput."""
    try:
        return model.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        field = " ".join(str(part) for part in first["loc"]).replace("_", "-")
        raise InvalidInput(
            f"“{field}” is wrong: {plainly(first['msg'])}.", hint="The API takes less than the command."
        ) from None
