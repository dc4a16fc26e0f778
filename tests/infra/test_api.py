"""The gateway of the guide's phase 5."""

from __future__ import annotations

import json
from typing import Any

from pivotr.api.functions import all_nouns
from pivotr.infra.routes import NOT_ON_AWS, ROUTES
from tests.infra.conftest import Stack

#: The guide, 5.1.
GUIDE = {
    "GET /api/leads", "POST /api/leads", "GET /api/leads/{id}", "PUT /api/leads/{id}",
    "DELETE /api/leads/{id}", "GET /api/campaigns", "POST /api/campaigns", "GET /api/campaigns/{id}",
    "POST /api/campaigns/{id}/start", "POST /api/campaigns/{id}/pause", "POST /api/campaigns/{id}/abort",
    "GET /api/templates", "POST /api/templates", "PUT /api/templates/{id}", "GET /api/metrics/dashboard",
    "GET /api/metrics/campaign/{id}",
}  # fmt: skip
OPEN = {"GET /api/health", "GET /u/{token}", "POST /u/{token}"}


def routes(stack: Stack) -> dict[str, dict[str, Any]]:
    found = stack.resources("AWS::ApiGatewayV2::Route").values()
    return {one["Properties"]["RouteKey"]: one["Properties"] for one in found}


def test_the_guides_routes_are_there_and_none_is_a_catch_all(production: Stack) -> None:
    found = routes(production)
    assert GUIDE | OPEN | {"POST /api/leads/import", "POST /api/campaigns/{id}/resume"} <= set(found)
    assert not [key for key in found if "ANY" in key or "$default" in key or "+" in key]


def test_the_gateway_lets_through_what_the_api_answers_and_to_the_function_that_does() -> None:
    answered = {
        f"{facts.method} {facts.path}": (facts.function.name, facts.role is None)
        for noun in all_nouns()
        for facts in noun.facts
    }
    let_through = {
        route.key: (route.function.name, route.is_open)
        for route in ROUTES
        if route.function.name != "unsubscribe"
    }
    assert let_through == {key: how for key, how in answered.items() if key not in NOT_ON_AWS}
    assert set(NOT_ON_AWS) <= set(answered)


def test_every_route_leads_to_its_function(production: Stack) -> None:
    resources = production.template["Resources"]
    prefix = "pivotr-production-"
    for route in ROUTES:
        target = routes(production)[route.key]["Target"]["Fn::Join"][1]
        integration = resources[target[1]["Ref"]]["Properties"]
        function = resources[integration["IntegrationUri"]["Fn::GetAtt"][0]]["Properties"]["FunctionName"]
        assert function == prefix + route.function.name
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")


def test_production_asks_for_signed_requests_but_for_health_and_the_way_out(production: Stack) -> None:
    asked = {key: one["AuthorizationType"] for key, one in routes(production).items()}
    assert {key for key, how in asked.items() if how == "NONE"} == OPEN
    assert {how for key, how in asked.items() if key not in OPEN} == {"AWS_IAM"}


def test_dev_asks_nobody_and_tokens_are_checked_where_they_are_wanted(dev: Stack, tokens: Stack) -> None:
    assert {one["AuthorizationType"] for one in routes(dev).values()} == {"NONE"}
    (authorizer,) = tokens.resources("AWS::ApiGatewayV2::Authorizer").items()
    assert authorizer[1]["Properties"]["JwtConfiguration"] == {
        "Issuer": "https://issuer.example", "Audience": ["pivotr"],
    }  # fmt: skip
    for key, one in routes(tokens).items():
        if key not in OPEN:
            assert (one["AuthorizationType"], one["AuthorizerId"]) == ("JWT", {"Ref": authorizer[0]})


def test_one_permission_a_function_keeps_its_policy_small(production: Stack) -> None:
    found = [
        one["Properties"]["FunctionName"]["Fn::GetAtt"][0]
        for one in production.resources("AWS::Lambda::Permission").values()
        if one["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert len(found) == len(set(found)) == 5


def test_pages_of_named_origins_may_call_and_see_what_they_need(production: Stack, dev: Stack) -> None:
    (api,) = (one["Properties"] for one in production.resources("AWS::ApiGatewayV2::Api").values())
    cors = api["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://console.acme.example"]
    assert {"authorization", "x-amz-date", "idempotency-key", "if-match"} <= set(cors["AllowHeaders"])
    assert "etag" in cors["ExposeHeaders"]
    assert set(cors["AllowMethods"]) == {"GET", "POST", "PUT", "DELETE"}
    (closed,) = (one["Properties"] for one in dev.resources("AWS::ApiGatewayV2::Api").values())
    assert "CorsConfiguration" not in closed


def test_the_stage_throttles_and_logs_routes_but_no_paths(production: Stack) -> None:
    (stage,) = (one["Properties"] for one in production.resources("AWS::ApiGatewayV2::Stage").values())
    assert stage["StageName"] == "$default"
    limits = stage["DefaultRouteSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (50, 100)
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["route"] == "$context.routeKey"
    assert not [value for value in logged.values() if "path" in value.lower()], "a path holds a token"


def test_the_address_is_an_output(production: Stack) -> None:
    assert "execute-api" in json.dumps(production.template["Outputs"]["ApiUrl"])
