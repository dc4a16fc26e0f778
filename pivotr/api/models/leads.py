"""Requests about leads and suppressions."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from pivotr.api.models.texts import Address, Line, Name, Request
from pivotr.domain.intake import FIELD_LIMIT, FIELD_NAME_LIMIT, FIELDS
from pivotr.domain.leads import LeadType

FieldName = Annotated[str, Field(min_length=1, max_length=FIELD_NAME_LIMIT)]
FieldValue = Annotated[str, Field(max_length=FIELD_LIMIT)]
CustomFields = Annotated[dict[FieldName, FieldValue], Field(max_length=FIELDS)]


class LeadNew(Request):
    """One lead by hand. A first name given here is how the person is greeted."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "email": "asha@rao.example", "full_name": "Asha Rao", "company": "Rao Foods",
                "list": "diwali", "source": "trade fair", "basis": "consent", "fields": {"City": "Pune"},
            }
        }
    )  # fmt: skip

    email: Address
    list: Name | None = None
    full_name: Line = ""
    first_name: Line = ""
    company: Line = ""
    type: LeadType | None = None
    tags: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    source: Line = "api"
    basis: Line = ""
    fields: CustomFields = Field(default_factory=dict)


class LeadChange(Request):
    """A correction: what is left out stays, an empty text clears. Imports change nothing of it again."""

    model_config = ConfigDict(json_schema_extra={"example": {"first_name": "Asha", "company": "Rao Foods"}})

    full_name: Line | None = None
    first_name: Line | None = None
    company: Line | None = None
    fields: CustomFields | None = None


class UploadNew(Request):
    """A file that is to come; `mapping` is role or variable → name of a column."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"list": "diwali", "file": "leads.xlsx", "basis": "consent"}}
    )

    list: Name
    file: Annotated[str, Field(min_length=1, max_length=200)] = "leads.csv"
    type: LeadType | None = None
    tags: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    source: Line = ""
    basis: Line = ""
    mapping: Annotated[dict[FieldName, Line], Field(max_length=FIELDS)] = Field(default_factory=dict)
    update: StrictBool = False
    stage: StrictBool = False


class Stop(Request):
    """Why nothing more is sent to somebody."""

    model_config = ConfigDict(json_schema_extra={"example": {"reason": "replied"}})

    reason: Line = "replied"


class SuppressionNew(Request):
    """An address, or @domain for everybody there."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"target": "vijay@iyer.example", "source": "letter of 12 November"}}
    )

    target: Address
    source: Line = ""
