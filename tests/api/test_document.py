"""The OpenAPI document: kept in the repository, complete, and true."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pivotr
from pivotr import names
from pivotr.api.answers.catalogue import MODELS
from pivotr.api.document import document, document_text
from pivotr.api.examples import EXAMPLES
from pivotr.api.functions import SERVED, all_nouns, nouns_of
from pivotr.api.routing import JSON, Facts
from pivotr.infra.routes import NOT_ON_AWS, ROUTES
from tests.api.caller import matches

ROOT = Path(pivotr.__file__).parent.parent
FACTS = [facts for noun in all_nouns() for facts in noun.facts]
IDS = [f"{facts.method} {facts.path}" for facts in FACTS]


def operation(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][facts.path][facts.method.lower()]
    return found


def test_the_document_in_the_repository_is_that_of_the_code() -> None:
    kept = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert kept == document_text(), "write it anew: pivotr api openapi --output docs/openapi.json"


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere() -> None:
    whole = document()
    assert whole["openapi"].startswith("3.1")
    text = document_text()
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        here: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            here = here[step]
    assert "ValidationError" not in whole["components"]["schemas"]


def test_it_has_every_route_of_the_guide() -> None:
    guide = {
        "GET /api/leads", "POST /api/leads", "GET /api/leads/{id}", "PUT /api/leads/{id}",
        "DELETE /api/leads/{id}", "GET /api/campaigns", "POST /api/campaigns", "GET /api/campaigns/{id}",
        "POST /api/campaigns/{id}/start", "POST /api/campaigns/{id}/pause", "POST /api/campaigns/{id}/abort",
        "GET /api/templates", "POST /api/templates", "PUT /api/templates/{id}", "GET /api/metrics/dashboard",
        "GET /api/metrics/campaign/{id}",
    }  # fmt: skip
    assert guide <= set(IDS)
    assert len(set(IDS)) == len(IDS)
    assert len({facts.name for facts in FACTS}) == len(FACTS)


@pytest.mark.parametrize("facts", FACTS, ids=IDS)
def test_every_route_has_examples_that_are_true(facts: Facts) -> None:
    said = operation(facts)
    assert said["summary"]
    assert said["operationId"] == facts.name
    done = said["responses"][str(facts.status)]["content"][JSON]
    matches(done["schema"], done["example"])
    if facts.media == (JSON,):
        schema = said["requestBody"]["content"][JSON]["schema"]
        body = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        matches(schema, body["example"])
        assert body["additionalProperties"] is False
    for status, answer in said["responses"].items():
        if int(status) >= 400:
            problem = document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            content = problem["content"]["application/problem+json"]
            matches(content["schema"], content["example"])


def test_every_model_has_an_example() -> None:
    assert set(EXAMPLES) == set(MODELS) - {"Problem"}


@pytest.mark.parametrize("facts", FACTS, ids=IDS)
def test_what_a_route_asks_for_stands_there(facts: Facts) -> None:
    said = operation(facts)
    headers = {one["name"]: one for one in said.get("parameters", ()) if one["in"] == "header"}
    assert ("If-Match" in headers) is facts.needs_match
    assert ("Idempotency-Key" in headers) is facts.is_repeatable
    assert said["x-pivotr-role"] == (facts.role or "anybody")
    assert ("401" in said["responses"]) is (facts.role is not None)
    assert {"422", "500"} <= set(said["responses"])


def test_security_is_told_as_it_is() -> None:
    whole = document()
    assert whole["security"] == [{}, {"iam": []}, {"jwt": []}]
    assert set(whole["components"]["securitySchemes"]) == {"iam", "jwt"}
    assert whole["paths"]["/api/health"]["get"]["security"] == []


def test_the_gateway_has_the_routes_of_the_app_and_each_leads_to_its_function() -> None:
    behind = {route.key: route.function.name for route in ROUTES if route.function is not names.UNSUBSCRIBE}
    ours = {key: facts.function.name for key, facts in zip(IDS, FACTS, strict=True) if key not in NOT_ON_AWS}
    assert behind == ours
    opened = {route.key for route in ROUTES if route.is_open and route.function is not names.UNSUBSCRIBE}
    assert opened == {key for key, facts in zip(IDS, FACTS, strict=True) if facts.role is None}


@pytest.mark.parametrize("function", list(SERVED), ids=lambda function: function.name)
def test_a_function_serves_what_the_gateway_sends_it(function: names.FunctionSpec) -> None:
    served = {f"{facts.method} {facts.path}" for noun in nouns_of(function) for facts in noun.facts}
    sent = {route.key for route in ROUTES if route.function is function}
    assert sent <= served
    assert "GET /api/health" in served


def test_the_document_is_json_for_everybody() -> None:
    assert json.loads(document_text()) == document()
