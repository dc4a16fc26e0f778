"""Somebody who calls the API: builds the gateway's event, keeps every answer to the document."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs

from pivotr.api.app import Api
from pivotr.api.document import document
from pivotr.api.functions import all_nouns
from pivotr.api.problems import Refusal
from pivotr.settings import Settings
from pivotr.wiring import Services
from tests.services.house import House


@dataclass
class Told:
    """One answer."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def tag(self) -> str:
        return self.headers["ETag"]

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Caller:
    """`authorizer` is what the gateway found out; every answer is held against the document."""

    house: House
    auth: Any = None
    settings: Settings | None = None
    authorizer: dict[str, Any] | None = None
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        services = self.house.services
        if self.settings is not None:
            services = Services(self.settings, services.ports)
        self.services = services
        self.api = api_of(self.auth)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, Any] | None = None,
        raw: bytes | None = None,
        **headers: str,
    ) -> Told:
        event = event_of(method, path, body, query=query, raw=raw, authorizer=self.authorizer, **headers)
        answer = self.api.handle(event, self.services)
        told = Told(answer["statusCode"], answer["headers"], answer["body"] or "")
        self._check(method, path, told)
        return told

    def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Told:
        told = self(method, path, body, **more)
        assert 200 <= told.status < 300, told.text
        return told

    def change(self, path: str, body: Any) -> Told:
        """Read, then change what was read."""
        return self("PUT", path, body, if_match=self.ok("GET", path).tag)

    def _check(self, method: str, path: str, told: Told) -> None:
        assert told.headers["X-Content-Type-Options"] == "nosniff"
        if told.status >= 400:
            assert told.headers["Content-Type"] == "application/problem+json"
            told_problem = told.json
            matches({"$ref": "#/components/schemas/Problem"}, told_problem)
            assert told_problem["status"] == told.status
        try:
            facts = self.api.find(method, path)
        except Refusal:
            return
        operation = document()["paths"][facts.path][method.lower()]
        responses = operation["responses"]
        assert str(told.status) in responses, f"{facts.name} does not say that it may answer {told.status}"
        if told.status < 300:
            self.seen.add(facts.name)
            matches(responses[str(told.status)]["content"]["application/json"]["schema"], told.json)


def matches(schema: dict[str, Any], value: Any) -> None:
    """The value is what the document says."""
    _validator(json.dumps(schema)).validate(value)


@cache
def api_of(auth: Any) -> Api:
    """One app for all callers: it knows nothing of a house."""
    return Api(all_nouns(), auth=auth)


@cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.validator_for({**json.loads(schema), "components": document()["components"]})


def event_of(
    method: str,
    path: str,
    body: Any = None,
    *,
    query: dict[str, Any] | None = None,
    raw: bytes | None = None,
    authorizer: dict[str, Any] | None = None,
    **headers: str,
) -> dict[str, Any]:
    """The event of an HTTP API, payload format 2.0."""
    known = {name.replace("_", "-"): value for name, value in headers.items()}
    context: dict[str, Any] = {
        "accountId": "123456789012",
        "apiId": "a1b2c3",
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        "requestId": "JKJaXmPLvHcESHA=",
        "stage": "$default",
    }
    if authorizer:
        context["authorizer"] = authorizer
    event: dict[str, Any] = {
        "version": "2.0", "routeKey": f"{method} {path}", "rawPath": path, "rawQueryString": "",
        "headers": known, "requestContext": context, "isBase64Encoded": False,
    }  # fmt: skip
    if query:
        event["rawQueryString"] = urlencode(query, doseq=True)
        event["queryStringParameters"] = {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in query.items()
        }
    if body is not None:
        event["body"] = json.dumps(body)
        known.setdefault("content-type", "application/json")
    if raw is not None:
        event["body"], event["isBase64Encoded"] = base64.b64encode(raw).decode(), True
    return event
