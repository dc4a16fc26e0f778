"""Bodies at the limit, and what comes without one."""

from __future__ import annotations

import json

import pytest

from pivotr.api.routing import LARGEST_FILE, LARGEST_JSON
from tests.api.caller import Caller


def filled(size: int) -> bytes:
    """A JSON body of exactly so many bytes."""
    bare = json.dumps({"email": "x@y.example"}).encode()
    return bare[:-1] + b" " * (size - len(bare)) + b"}"


def test_a_json_body_at_the_limit(call: Caller) -> None:
    assert call("POST", "/api/leads", raw=filled(LARGEST_JSON), content_type="application/json").status == 201
    told = call("POST", "/api/leads", raw=filled(LARGEST_JSON + 1), content_type="application/json")
    assert (told.status, told.code) == (413, "too_large")


def test_a_file_at_the_limit(call: Caller) -> None:
    rows = b"".join(b"lead%d@many.example,%s\n" % (number, b"x" * 100_000) for number in range(41))
    file = b"email,note\n" + rows
    file += b"last@many.example," + b"x" * (LARGEST_FILE - len(file) - len(b"last@many.example,"))
    query = {"list": "many"}
    assert call("POST", "/api/leads/import", raw=file, query=query, content_type="text/csv").status == 200
    told = call("POST", "/api/leads/import", raw=file + b"\n", query=query, content_type="text/csv")
    assert told.status == 413
    assert "pivotr leads import" in told.json["hint"]


def test_the_largest_template_fits(call: Caller) -> None:
    text = "é" * 90_000
    made = call("POST", "/api/templates", {"id": "long", "subject": "S", "text": text, "html": text})
    assert made.status == 201
    assert call("POST", "/api/templates", {"id": "l2", "subject": "S", "text": text + "x"}).status == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/campaigns/x/start"), ("DELETE", "/api/leads/x"), ("GET", "/api/leads")],
)
def test_what_takes_no_body_refuses_one(call: Caller, method: str, path: str) -> None:
    assert call(method, path, {"force": True}).status == 422


def test_an_empty_file_is_no_file(call: Caller) -> None:
    assert call("POST", "/api/leads/import", query={"list": "x"}, content_type="text/csv").status == 422


def test_a_body_that_is_no_base64(call: Caller) -> None:
    from tests.api.caller import event_of

    event = event_of("POST", "/api/leads", {})
    event |= {"body": "%%%", "isBase64Encoded": True}
    assert call.api.handle(event, call.services)["statusCode"] == 400
