"""Requests about operator settings and dead letters."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from pivotr.api.models.texts import Request


class SettingValue(Request):
    """A value; texts are read as on the command line."""

    model_config = ConfigDict(json_schema_extra={"example": {"value": 120}})

    value: Annotated[str, Field(max_length=4_000)] | bool | int | float


class Redrive(Request):
    """How many dead letters are put back; all where nothing is said."""

    model_config = ConfigDict(json_schema_extra={"example": {"count": 10}})

    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
