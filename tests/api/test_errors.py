"""Every error is a problem document with our code and a hint, and nothing internal."""

from __future__ import annotations

import json
import logging

import pytest

from pivotr import errors
from pivotr.api.problems import STATUSES, TITLES, status_of
from tests.api.caller import Caller
from tests.services.house import House


def subclasses(kind: type[errors.PivotrError]) -> list[type[errors.PivotrError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in subclasses(child))]


def test_every_class_of_the_tree_has_a_status_and_every_status_a_title() -> None:
    own = {one for one in subclasses(errors.PivotrError) if one.__module__ == "pivotr.errors"}
    assert own <= set(STATUSES)
    for kind in subclasses(errors.PivotrError):
        assert any(base in STATUSES for base in kind.__mro__)
    assert set(STATUSES.values()) <= set(TITLES)
    assert status_of(errors.NoAnswer("?")) == 504


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "no_route"),
        ("GET", "/", 404, "no_route"),
        ("GET", "/api/leads/", 404, "no_route"),
        ("GET", "/api//leads", 404, "no_route"),
        ("GET", "/api/leads/../settings", 404, "no_route"),
        ("GET", "/api/leads/a/b/c", 404, "no_route"),
        ("GET", "/API/leads", 404, "no_route"),
        ("PATCH", "/api/leads/x", 405, "method_not_allowed"),
        ("HEAD", "/api/leads", 405, "method_not_allowed"),
        ("DELETE", "/api/campaigns", 405, "method_not_allowed"),
        ("GET", "/api/leads/nobody", 404, "not_found"),
        ("GET", "/api/campaigns/nothing", 404, "not_found"),
        ("POST", "/api/campaigns/nothing/start", 404, "not_found"),
        ("GET", "/api/templates/nothing", 404, "not_found"),
        ("GET", "/api/senders/nobody@acme.example", 404, "not_found"),
        ("GET", "/api/lists/nothing", 404, "not_found"),
        ("GET", "/api/settings/nothing", 404, "not_found"),
        ("GET", "/api/dlq/nothing", 404, "not_found"),
        ("GET", "/api/leads/import/nothing", 404, "not_found"),
        ("GET", "/api/metrics/campaign/nothing", 404, "not_found"),
        ("DELETE", "/api/suppressions/x@y.example", 404, "not_found"),
        ("GET", "/api/suppressions/neither", 422, "invalid_input"),
    ],
)
def test_addresses_that_lead_nowhere(call: Caller, method: str, path: str, status: int, code: str) -> None:
    told = call(method, path)
    assert (told.status, told.code) == (status, code)
    assert told.json["detail"].endswith((".", "”.")) or told.json["detail"]


def test_a_wrong_method_is_told_the_right_ones(call: Caller) -> None:
    told = call("PATCH", "/api/leads/x")
    assert told.headers["Allow"] == "DELETE, GET, PUT"


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"nothing", b"{'a': 1}", b'{"email": NaN}', b"[" * 100_000, b"\xff\xfe", b'{"a":1}{"b":2}'],
)
def test_a_body_that_is_not_json(call: Caller, raw: bytes) -> None:
    told = call("POST", "/api/leads", raw=raw, content_type="application/json")
    assert told.status == (422 if raw == b"" else 400)
    assert told.code == ("invalid_request" if raw == b"" else "invalid_json")


@pytest.mark.parametrize("body", [[], "text", 1, None, True, [{"email": "x@y.example"}]])
def test_json_that_is_no_object(call: Caller, body: object) -> None:
    import json

    told = call("POST", "/api/leads", raw=json.dumps(body).encode(), content_type="application/json")
    assert (told.status, told.code) == (422, "invalid_request")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_another_media_type(call: Caller, kind: str) -> None:
    told = call("POST", "/api/leads", raw=b'{"email":"x@y.example"}', content_type=kind)
    assert (told.status, told.code) == (415, "unsupported_media_type")


def test_unknown_fields_and_parameters_are_refused(call: Caller) -> None:
    told = call("POST", "/api/leads", {"email": "x@y.example", "frist_name": "X"})
    assert told.status == 422
    assert told.json["errors"] == [
        {"in": "body", "pointer": "/frist_name", "code": "extra_forbidden",
         "detail": "Extra inputs are not permitted"}
    ]  # fmt: skip
    told = call("GET", "/api/leads", query={"limti": 3})
    assert (told.status, "limit" in told.json["hint"]) == (422, True)
    assert call("GET", "/api/leads", query={"limit": [1, 2]}).status == 422


@pytest.mark.parametrize(
    ("query", "pointer"),
    [({"limit": 0}, "/limit"), ({"limit": 201}, "/limit"), ({"limit": "x"}, "/limit"),
     ({"status": "sleepy"}, "/status"), ({"since": "yesterday"}, "/since")],
)  # fmt: skip
def test_parameters_out_of_bounds(call: Caller, query: dict[str, object], pointer: str) -> None:
    told = call("GET", "/api/leads", query=query)
    assert (told.status, told.json["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("cursor", ["x", "x.y", "e30.abc", "é", "a" * 4000, "WzFd.caaaa"])
def test_a_cursor_that_is_none_of_ours(call: Caller, cursor: str) -> None:
    assert call("GET", "/api/leads", query={"cursor": cursor}).status == 422


def test_a_cursor_is_good_for_its_own_query_only(call: Caller) -> None:
    cursor = call.ok("GET", "/api/leads", query={"limit": 1}).json["cursor"]
    assert call("GET", "/api/leads", query={"cursor": cursor, "limit": 1}).status == 200
    assert call("GET", "/api/leads", query={"cursor": cursor, "domain": "rao.example"}).status == 422
    assert call("GET", "/api/suppressions", query={"cursor": cursor}).status == 422
    assert call("GET", "/api/leads", query={"cursor": cursor[:-1] + "a"}).status == 422


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.Unavailable("/home/meena/pivotr.db is busy."), (503, "cannot answer now")),
        (errors.NoAnswer("arn:aws:sqs:x:1:y did not answer."), (504, "did not answer; perhaps it was done")),
        (errors.LimitReached("The credits are used up."), (429, "The credits are used up.")),
        (errors.Rejected("123456789012 may not do this."), (502, "has refused")),
    ],
)
def test_errors_of_services_are_told_without_what_they_say_about_the_installation(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: errors.PivotrError,
    expected: tuple[int, str],
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(house.services.preferences, "all", fail)
    api = Caller(house, auth="none")
    with caplog.at_level(logging.ERROR):
        answer = api.api.handle(event("GET", "/api/settings"), house.services)
    status, told = expected
    assert answer["statusCode"] == status
    problem = json.loads(answer["body"])
    assert told in problem["detail"]
    if status > 500:
        assert error.sentence not in answer["body"]
        assert f"in request {problem['request_id']}: {error.sentence}" in caplog.text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"email": "a@x.example", "email": "b@x.example"}', "“email” stands there twice"),
        (b'{"email": "a@x.example", "fields": {"City": "Pune", "City": "Goa"}}', "“City” stands there"),
        (b'{"email": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b'{"email": NaN}', "NaN is no number"),
        (b'{"email": ' + b"[" * 100_000, "nested too deep"),
        (b'{"email": ', "Expecting value (character 11)"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_json_is_told(call: Caller, body: bytes, told: str) -> None:
    answer = call("POST", "/api/leads", raw=body, content_type="application/json")
    assert (answer.status, answer.json["code"]) == (400, "invalid_json")
    assert told in answer.json["detail"]


def test_a_missing_and_a_compressed_body(call: Caller) -> None:
    answer = call("POST", "/api/campaigns/x/resume", raw=b"")
    assert (answer.status, answer.json["detail"]) == (422, "The body is missing.")
    answer = call("POST", "/api/leads", {"email": "a@x.example"}, content_encoding="gzip")
    assert (answer.status, answer.json["code"]) == (415, "unsupported_media_type")
    assert answer.headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "address", ["a#b@rao.example", "a?b@rao.example", "a`b@rao.example", "a%b@rao.example"]
)
def test_every_address_that_can_be_created_can_be_read(call: Caller, address: str) -> None:
    made = call("POST", "/api/leads", {"email": address})
    assert made.status == 201
    assert call("GET", f"/api/leads/{address}").json["id"] == made.json["id"]
    assert call("GET", f"/api/suppressions/{address}").status == 200


@pytest.mark.parametrize(
    "error", [RuntimeError("secret of /home/meena"), KeyError("secret"), errors.Misconfigured("secret")]
)
def test_nothing_internal_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(house.services.preferences, "all", fail)
    with caplog.at_level(logging.ERROR):
        told = Caller(house, auth="none")("GET", "/api/settings")
    assert told.status == 500
    assert "secret" not in told.text
    assert "Traceback" not in told.text
    assert "secret" in caplog.text
    assert told.json["request_id"] == told.headers["X-Request-Id"] == "JKJaXmPLvHcESHA="


def test_requests_are_in_the_log_without_what_they_say(
    call: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="pivotr.api"):
        call("GET", "/api/leads/asha@rao.example")
    (record,) = [one for one in caplog.records if one.name == "pivotr.api.app"]
    assert record.getMessage() == "GET /api/leads/{id} 200"
    assert (record.request_id, record.actor) == ("JKJaXmPLvHcESHA=", "api")  # type: ignore[attr-defined]
    assert "asha" not in str(vars(record))


NASTY = [
    "' OR 1=1 --", '"; DROP TABLE leads; --', "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>",
    "../../etc/passwd", "a\x00b", "\ud800", "\u202e\u0000", "=cmd|' /C calc'!A0", "x" * 5000,
    "\r\nBcc: a@b.example",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_nasty_texts_are_data_or_refused(call: Caller, text: str) -> None:
    for body in (
        {"email": text}, {"email": "n@y.example", "full_name": text, "list": "diwali"},
        {"email": "n2@y.example", "fields": {text: text}},
    ):  # fmt: skip
        assert call("POST", "/api/leads", body).status in (201, 409, 422)
    assert call("GET", f"/api/leads/{text}").status in (404, 405)
    assert call("GET", "/api/leads", query={"tag": text.encode("utf-8", "replace").decode()}).status in (
        200,
        422,
    )
    assert call("POST", "/api/suppressions", {"target": text}).status in (201, 422)
    assert call("POST", "/api/templates", {"id": "nasty", "subject": text, "text": text}).status in (201, 422)
    assert call("GET", "/api/leads/asha@rao.example").status == 200


def event(method: str, path: str) -> dict[str, object]:
    from tests.api.caller import event_of

    return event_of(method, path)
