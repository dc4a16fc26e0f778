"""Who may do what: every route by every role, by token and by signed request."""

from __future__ import annotations

from typing import Any

import pytest

from pivotr.api.callers import ROLES, auth_of, caller_of, groups_of
from pivotr.api.functions import all_nouns
from pivotr.api.problems import Refusal
from pivotr.api.routing import Facts
from pivotr.settings import Settings
from tests.api.caller import Caller
from tests.services.house import House

ROUTES = [facts for noun in all_nouns() for facts in noun.facts]
SETTINGS = Settings(
    env="production", api_admins=("Chiefs", "deploy"), api_operators=("Ops", "999999999999:Partner")
)
GROUP = {"viewer": "[sales]", "operator": "[sales Ops]", "admin": "[Chiefs Ops]"}


def arn(name: str, account: str = "123456789012") -> dict[str, Any]:
    return {"iam": {"userArn": f"arn:aws:sts::{account}:assumed-role/{name}/meena"}}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("facts", ROUTES, ids=lambda facts: f"{facts.method} {facts.path}")
def test_every_route_asks_for_its_role(house: House, facts: Facts, role: str) -> None:
    claims = {"jwt": {"claims": {"sub": "meena", "groups": GROUP[role]}}}
    call = Caller(house, auth="jwt", settings=SETTINGS, authorizer=claims)
    path = facts.path.replace("{", "").replace("}", "")
    told = call(facts.method, path)
    is_enough = facts.role is None or ROLES.index(role) >= ROLES.index(facts.role)
    assert (told.status == 403) is not is_enough
    if not is_enough:
        assert told.code == "forbidden"


def test_reading_is_for_viewers_changing_for_operators_what_cannot_be_undone_for_admins() -> None:
    needed = {f"{facts.method} {facts.path}": facts.role for facts in ROUTES}
    assert {path for path, role in needed.items() if role is None} == {"GET /api/health"}
    assert {path for path, role in needed.items() if role == "admin"} == {
        "POST /api/leads/{id}/erase", "DELETE /api/suppressions/{target}", "POST /api/dlq/{queue}/purge",
        "PUT /api/settings/{key}",
    }  # fmt: skip
    viewers = {path for path, role in needed.items() if role == "viewer"}
    assert all(path.startswith("GET ") for path in viewers)


@pytest.mark.parametrize("auth", ["iam", "jwt"])
@pytest.mark.parametrize("authorizer", [None, {}, {"iam": {}}, {"iam": {"userArn": "nonsense"}},
                                        {"jwt": {"claims": {}}}, {"jwt": None}])  # fmt: skip
def test_nobody_is_let_in_without_a_name(house: House, auth: str, authorizer: Any) -> None:
    told = Caller(house, auth=auth, settings=SETTINGS, authorizer=authorizer)("GET", "/api/leads")
    assert (told.status, told.code) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("authorizer", "actor", "role"),
    [
        (arn("Chiefs"), "Chiefs/meena", "admin"),
        (arn("Ops"), "Ops/meena", "operator"),
        (arn("Sales"), "Sales/meena", "viewer"),
        (arn("Chiefs", "999999999999"), "Chiefs/meena", "viewer"),
        (arn("Partner", "999999999999"), "Partner/meena", "operator"),
        (arn("Partner"), "Partner/meena", "viewer"),
        ({"iam": {"userArn": "arn:aws:iam::123456789012:user/team/deploy"}}, "deploy", "admin"),
        ({"iam": {"userArn": "arn:aws-cn:iam::123456789012:user/deploy"}}, "deploy", "admin"),
        (
            {"iam": {"userArn": "arn:aws:sts::123456789012:assumed-role/Other/Chiefs"}},
            "Other/Chiefs",
            "viewer",
        ),
        ({"iam": {"userArn": "arn:aws:iam::123456789012:root"}}, "root", "viewer"),
    ],
)
def test_signed_requests_by_account_and_role_name(authorizer: dict[str, Any], actor: str, role: str) -> None:
    event = {"requestContext": {"accountId": "123456789012", "authorizer": authorizer}}
    caller = caller_of(event, SETTINGS, "iam")
    assert (caller.actor, caller.role) == (actor, role)


def test_a_whole_arn_in_the_settings_names_a_role_too() -> None:
    settings = Settings(env="production", api_admins=("arn:aws:iam::999999999999:role/team/Partner",))
    event = {"requestContext": {"accountId": "123456789012", "authorizer": arn("Partner", "999999999999")}}
    assert caller_of(event, settings, "iam").role == "admin"


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[admin operator]", {"admin", "operator"}),
        ("[admin]", {"admin"}),
        ("[]", set()),
        ("", set()),
        (None, set()),
        ("admin", {"admin"}),
        ("admin,operator", {"admin", "operator"}),
        ('["admin","operator"]', {"admin", "operator"}),
        (["admin", "operator"], {"admin", "operator"}),
        (["not admin"], set()),
        ("not admin", set()),
        ("not admin,operator", {"operator"}),
    ],
)
def test_the_forms_in_which_groups_arrive(claim: Any, groups: set[str]) -> None:
    assert groups_of(claim) == groups


@pytest.mark.parametrize(
    ("env", "said", "auth"),
    [("local", "", "none"), ("dev", "", "none"), ("production", "", "iam"), ("dev", "jwt", "jwt")],
)
def test_who_is_asked_where_nothing_is_said(env: Any, said: Any, auth: str) -> None:
    assert auth_of(Settings(env=env, api_auth=said)) == auth


def test_a_caller_without_a_name_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Refusal):
        caller_of({"requestContext": {}}, SETTINGS, "jwt")
