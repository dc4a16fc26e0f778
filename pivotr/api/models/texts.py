"""The kinds of text that several requests share: their limits are those of what is stored."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

#: As of lists, templates and tags.
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Address = Annotated[str, Field(min_length=3, max_length=320)]
Line = Annotated[str, Field(max_length=200)]


class Request(BaseModel):
    """A body: what it does not know it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)
