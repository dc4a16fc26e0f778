"""Lists of leads, and suppressions."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from pivotr import names
from pivotr.api.calls import actor, services
from pivotr.api.models.leads import SuppressionNew
from pivotr.api.paging import Cursor, Limit, page, unsealed
from pivotr.api.rendering import Answer, answer
from pivotr.api.routes.leads import lead_data
from pivotr.api.routing import JSON, Noun

lists = Noun("lists", names.API_LEADS)
suppressions = Noun("suppressions", names.API_LEADS)


@lists.route("GET", "/api/lists", role="viewer", answer="[ListSize]")
def list_lists(
    *,
    exact: Annotated[bool, Query(description="Count every member, however many there are.")] = False,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Answer:
    """Every list with the number of its members, page by page.

    Where `is_whole` is false there are more than the 10,000 members that were counted.
    """
    query = ("lists", exact)
    found, more = services().lists.page(limit=limit, cursor=unsealed(cursor, query), is_exact=exact)
    return answer(page(found, more, query))


@lists.route("GET", "/api/lists/{name}", role="viewer", answer="[Lead]", errors=(404,))
def read_list(
    name: str, limit: Annotated[int, Query(ge=1, le=100, description="Most leads of a page.")] = 50,
    cursor: Cursor = "",
) -> Answer:  # fmt: skip
    """The members of a list, page by page."""
    query = ("list", name.strip().lower())
    found = services().lists.show(name, limit=limit, cursor=unsealed(cursor, query))
    return answer(page([lead_data(lead) for lead in found.members], found.cursor, query))


@suppressions.route("GET", "/api/suppressions", role="viewer", answer="[Suppression]")
def list_suppressions(limit: Limit = 50, cursor: Cursor = "") -> Answer:
    """Addresses and domains that no campaign writes to, page by page."""
    found, more = services().suppressions.page(limit=limit, cursor=unsealed(cursor, "suppressions"))
    return answer(page(found, more, "suppressions"))


@suppressions.route(
    "POST", "/api/suppressions", role="operator", status=201, answer="SuppressionMade", media=(JSON,),
    is_repeatable=True,
)  # fmt: skip
def create_suppression(suppression: SuppressionNew) -> Answer:
    """Never write to an address or a domain again, from no campaign.

    `stopped` counts the leads that it stopped. A suppression that was there stays as it was.
    """
    made, stopped = services().suppressions.add(suppression.target, source=suppression.source, actor=actor())
    return answer({"suppression": made, "stopped": stopped}, status=201)


@suppressions.route("GET", "/api/suppressions/{target}", role="viewer", answer="SuppressionCheck")
def read_suppression(target: str) -> Answer:
    """Whether an address (or @domain) is suppressed, and why."""
    found = services().suppressions.check(target)
    return answer({"suppressed": found is not None, "suppression": found})


@suppressions.route("DELETE", "/api/suppressions/{target}", role="admin", answer="SuppressionGone",
                    errors=(404, 409))  # fmt: skip
def delete_suppression(
    target: str,
    force: Annotated[
        bool, Query(description="Also what the person asked for, who wants mail again.")
    ] = False,
) -> Answer:
    """Allow an address or a domain again; `freed` counts the leads that may be written to again."""
    freed = services().suppressions.remove(target, force=force, actor=actor())
    return answer({"target": target, "freed": freed})
