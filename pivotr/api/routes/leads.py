"""Leads: list, create, read, correct, delete, stop, erase, and what happened to one."""

from __future__ import annotations

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, check_match, services
from pivotr.api.models.leads import LeadChange, LeadNew, Stop
from pivotr.api.paging import Cursor, Limit, page, unsealed
from pivotr.api.rendering import Answer, answer, entity_tag
from pivotr.api.routing import JSON, Noun
from pivotr.domain.intake import Origin
from pivotr.domain.leads import Lead, LeadStatus

noun = Noun("leads", names.API_LEADS)

Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$", description="A day (UTC): 2026-11-24.")]

#: Attributes of the engine and of imports that are nobody's business outside.
_INNER = frozenset({"queue", "claim", "doubt", "before", "thread", "soft", "tries", "line", "rev"})


@noun.route("GET", "/api/leads", role="viewer", answer="[Lead]", errors=(404,))
def list_leads(
    *,
    status: Annotated[LeadStatus | None, Query(description="Only these.")] = None,
    list: Annotated[str, Query(max_length=64, description="Only members of a list.")] = "",  # noqa: A002
    domain: Annotated[str, Query(max_length=255, description="Only addresses of a domain.")] = "",
    tag: Annotated[str, Query(max_length=64, description="Only with this tag.")] = "",
    campaign: Annotated[str, Query(max_length=200, description="Only who was in a campaign (id).")] = "",
    verdict: Annotated[
        str,
        Query(
            pattern="^(valid|risky|unknown|invalid|none)?$",
            description="Only with this verdict; `none` for none.",
        ),
    ] = "",
    since: Day = "",
    until: Day = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Answer:
    """Leads, page by page.

    A page may be short, even empty, and still have a cursor: go on until it is null.
    """
    wanted = {
        "status": status or "", "list_name": list, "domain": domain, "tag": tag, "campaign": campaign,
        "verdict": verdict, "since": since, "until": until,
    }  # fmt: skip
    query = ("leads", wanted)
    found, more = services().leads.page(limit=limit, cursor=unsealed(cursor, query), **wanted)
    return answer(page([lead_data(lead) for lead in found], more, query))


@noun.route(
    "POST", "/api/leads", role="operator", status=201, answer="Lead", errors=(409,), media=(JSON,),
    is_repeatable=True, has_tag=True,
)  # fmt: skip
def create_lead(lead: LeadNew) -> Answer:
    """Add one lead."""
    made = services().leads.add(
        lead.email,
        list_name=lead.list or "",
        full_name=lead.full_name,
        first_name=lead.first_name,
        company=lead.company,
        fields=lead.fields,
        origin=Origin(lead.type, frozenset(tag.lower() for tag in lead.tags), lead.source, lead.basis),
        actor=actor(),
    )
    return answer(lead_data(made), status=201, tag=_tag(made), location=f"/api/leads/{made.id}")


@noun.route("GET", "/api/leads/{id}", role="viewer", answer="LeadView", errors=(404,), has_tag=True)
def read_lead(id: str) -> Answer:  # noqa: A002
    """One lead by address or id: its lists, what suppresses it, its mails."""
    view = services().leads.show(id)
    data = {
        **lead_data(view.lead), "lists": view.lists, "suppression": view.suppression, "mails": view.mails,
    }  # fmt: skip
    return answer(data, tag=_tag(view.lead))


@noun.route(
    "PUT", "/api/leads/{id}", role="operator", answer="Lead", errors=(404,), media=(JSON,), needs_match=True
)
def update_lead(id: str, change: LeadChange) -> Answer:  # noqa: A002
    """Correct a lead. No import changes again what is corrected here."""
    lead = services().leads.get(id)
    check_match(_tag(lead))
    changed = services().leads.update(
        lead.id, **change.model_dump(exclude_none=True), actor=actor(), revision=lead.rev
    )
    return answer(lead_data(changed), tag=_tag(changed))


@noun.route("DELETE", "/api/leads/{id}", role="operator", answer="LeadGone", errors=(404,))
def delete_lead(id: str) -> Answer:  # noqa: A002
    """Delete a lead.

    What campaigns have had it stays known, so that none writes to it twice. `being_sent`: a mail to it is on
    its way at this moment and may still arrive.
    """
    gone = services().leads.delete(id, actor=actor())
    return answer({"id": gone.id, "status": "deleted", "being_sent": gone.claim is not None})


@noun.route("POST", "/api/leads/{id}/stop", role="operator", answer="Lead", errors=(404,), media=(JSON,),
            has_tag=True)  # fmt: skip
def stop_lead(id: str, stop: Stop) -> Answer:  # noqa: A002
    """The person has answered: no further mail of any sequence."""
    lead = services().leads.stop(id, reason=stop.reason, actor=actor())
    return answer(lead_data(lead), tag=_tag(lead))


@noun.route("POST", "/api/leads/{id}/erase", role="admin", answer="Erasure", errors=(404,))
def erase_lead(id: str) -> Answer:  # noqa: A002
    """Forget a person: nothing in lead, log and lists tells any more who it was. Cannot be taken back.

    Not behind the gateway on AWS, where no function may change the log: use `pivotr leads erase`.
    """
    return answer(services().erasing.erase(id, actor=actor()))


@noun.route("GET", "/api/leads/{id}/logs", role="viewer", answer="LogLines", errors=(404,))
def read_lead_logs(id: str) -> Answer:  # noqa: A002
    """Everything that happened to a lead, oldest first."""
    return answer({"items": services().logs.of_lead(id)})


def lead_data(lead: Lead) -> dict[str, Any]:
    """A lead as it goes out."""
    known = {name: getattr(lead, name) for name in Lead.model_fields if name not in _INNER}
    return {**known, "campaign": lead.campaign, "sender": lead.sender}


def _tag(lead: Lead) -> str:
    return entity_tag(lead.rev, lead_data(lead))
