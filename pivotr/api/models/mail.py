"""Requests about templates and senders."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from pivotr.api.models.campaigns import Cap, Gap
from pivotr.api.models.texts import Address, Line, Name, Request

Subject = Annotated[str, Field(min_length=1, max_length=2_000)]
Body = Annotated[str, Field(max_length=90_000)]
Ramp = Annotated[
    str,
    Field(min_length=1, max_length=40, description="`20+10..80`: 20 on the first day, 10 more each, to 80."),
]


class TemplateNew(Request):
    """A new template; text or HTML or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "intro", "subject": "A question for {{Company|you}}",
                "text": "{Hi|Hello} {{FirstName|there}},\n\nmay I ask you something?\n\n{{Signature}}",
            }
        }
    )  # fmt: skip

    id: Name
    subject: Subject
    text: Body = ""
    html: Body | None = None


class TemplateChange(Request):
    """The next version; what is left out stays. Nothing new makes no version."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"subject": "A short question for {{Company|you}}", "note": "shorter"}}
    )

    subject: Subject | None = None
    text: Body | None = None
    html: Body | None = None
    note: Line = ""


class SenderNew(Request):
    """A mailbox that mails are sent from. Its address stays for ever."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "address": "sales@acme.example",
                "name": "Acme Sales",
                "signature": "Sam, Acme",
                "cap": 80,
                "ramp": "20+10..80",
            }
        }
    )

    address: Address
    name: Line = ""
    reply_to: Annotated[str, Field(max_length=320)] = ""
    signature: Annotated[str, Field(max_length=4_000)] = ""
    zone: Annotated[str, Field(max_length=64)] = ""
    cap: Cap = 300
    ramp: Ramp | None = None
    gap: Gap | None = None


class SenderChange(Request):
    """What is left out stays; `none` takes ramp or gap away."""

    model_config = ConfigDict(json_schema_extra={"example": {"cap": 120}})

    name: Line | None = None
    reply_to: Annotated[str, Field(max_length=320)] | None = None
    signature: Annotated[str, Field(max_length=4_000)] | None = None
    cap: Cap | None = None
    ramp: Ramp | None = None
    gap: Gap | None = None


class SenderResume(Request):
    """`acknowledge`: the reason for which the guard stopped the mailbox is mended."""

    model_config = ConfigDict(json_schema_extra={"example": {"acknowledge": False}})

    acknowledge: StrictBool = False
