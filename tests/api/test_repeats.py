"""The same request twice, and two requests at once: one thing happens, and both are told what."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.api.caller import Caller, Told
from tests.services.house import House

CAMPAIGN = {"name": "Holi", "steps": ["intro"], "senders": ["sales@acme.example"], "lists": ["diwali"]}


def test_a_campaign_is_created_once(call: Caller, draft: str) -> None:
    first = call.ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k-1")
    again = call.ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k-1")
    assert (again.status, again.text, again.tag) == (first.status, first.text, first.tag)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(call.ok("GET", "/api/campaigns").json["items"]) == 2
    other = call.ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k-2")
    assert other.json["id"] != first.json["id"]


def test_a_start_is_done_once_and_told_again(call: Caller, draft: str) -> None:
    path = f"/api/campaigns/{draft}/start"
    first = call.ok("POST", path, idempotency_key="start")
    assert call.ok("POST", path, idempotency_key="start").text == first.text
    assert call("POST", path).status == 409


def test_a_key_belongs_to_one_request(call: Caller, draft: str) -> None:
    call.ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k")
    told = call("POST", "/api/campaigns", {**CAMPAIGN, "name": "Another"}, idempotency_key="k")
    assert (told.status, "another request" in told.json["detail"]) == (422, True)
    made = call.ok("POST", "/api/leads", {"email": "x@y.example"}, idempotency_key="k")
    assert made.status == 201, "a key is the route's own"


def test_callers_do_not_share_keys(house: House, draft: str) -> None:
    settings = house.services.settings.model_copy(update={"api_operators": ("ops",)})

    def caller(name: str) -> Caller:
        claims = {"jwt": {"claims": {"sub": name, "groups": "[ops]"}}}
        return Caller(house, auth="jwt", settings=settings, authorizer=claims)

    first = caller("meena").ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k")
    second = caller("kim").ok("POST", "/api/campaigns", CAMPAIGN, idempotency_key="k")
    assert first.json["id"] != second.json["id"]


def test_what_failed_may_be_tried_again_with_its_key(call: Caller, draft: str) -> None:
    body = {**CAMPAIGN, "lists": ["holi"]}
    assert call("POST", "/api/campaigns", body, idempotency_key="k").status == 404
    call.ok("POST", "/api/leads", {"email": "x@y.example", "list": "holi"})
    assert call("POST", "/api/campaigns", body, idempotency_key="k").status == 201


@pytest.mark.parametrize("key", [" ", "x" * 256, "é", "a\x07b"])
def test_keys_that_are_none(call: Caller, draft: str, key: str) -> None:
    assert call("POST", "/api/campaigns", CAMPAIGN, idempotency_key=key).status == 422


def test_a_request_that_is_at_work_is_not_begun_again(call: Caller, house: House, draft: str) -> None:
    repeats = house.services.repeats
    assert repeats.begin("key", fingerprint="f") is None
    call.services = house.services
    from pivotr.errors import Conflict

    with pytest.raises(Conflict):
        repeats.begin("key", fingerprint="f")
    house.clock.sleep(61)
    assert repeats.begin("key", fingerprint="f") is None, "its process has died"
    repeats.keep("key", status=201, headers={}, body="{}")
    kept = repeats.begin("key", fingerprint="f")
    assert kept is not None
    assert kept["body"] == "{}"
    house.clock.sleep(86_400)
    assert repeats.begin("key", fingerprint="other") is None, "it has expired"


def test_a_change_by_an_old_tag_is_refused(call: Caller, draft: str) -> None:
    call.ok("POST", "/api/templates", {"id": "hello", "subject": "S", "text": "T"})
    for path, one, other in (
        ("/api/leads/asha@rao.example", {"company": "A"}, {"company": "B"}),
        (f"/api/campaigns/{draft}", {"cap": 10}, {"cap": 20}),
        ("/api/templates/hello", {"text": "A"}, {"text": "B"}),
        ("/api/senders/sales@acme.example", {"cap": 10}, {"cap": 20}),
    ):
        tag = call.ok("GET", path).tag
        changed = call("PUT", path, one, if_match=tag)
        assert changed.status == 200
        assert changed.tag != tag
        late = call("PUT", path, other, if_match=tag)
        assert (late.status, late.code) == (412, "changed"), path
        bare = call("PUT", path, other)
        assert (bare.status, bare.code) == (428, "precondition_required"), path
        assert call("PUT", path, other, if_match=f'"nonsense", {changed.tag}').status == 200
        assert call("PUT", path, one, if_match="*").status == 200


def both(first: Any, second: Any) -> list[Told]:
    """Two calls that begin at the same time, from two threads."""
    gate = threading.Barrier(2)
    found: list[Told] = []

    def run(work: Any) -> None:
        gate.wait()
        found.append(work())

    threads = [threading.Thread(target=run, args=(work,)) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.fixture
def busy(tmp_path: Path) -> Any:
    """A house in a file, which several threads may use."""
    built = House(tmp_path / "pivotr.db")
    built.take("email\nasha@rao.example\n")
    yield built
    built.file.close()


def test_of_two_starts_at_once_one_starts(busy: House) -> None:
    call = Caller(busy, auth="none")
    for _ in range(5):
        path = f"/api/campaigns/{busy.campaign().id}/start"
        told = both(lambda: call("POST", path), lambda: call("POST", path))  # noqa: B023
        assert sorted(one.status for one in told) == [200, 409]


def test_of_two_starts_with_one_key_both_are_told_the_same_or_to_wait(busy: House) -> None:
    call = Caller(busy, auth="none")
    for number in range(5):
        path, key = f"/api/campaigns/{busy.campaign().id}/start", f"k{number}"
        told = both(
            lambda: call("POST", path, idempotency_key=key),  # noqa: B023
            lambda: call("POST", path, idempotency_key=key),  # noqa: B023
        )
        assert [one.status for one in told].count(200) >= 1
        assert {one.status for one in told} <= {200, 409}
        assert call("POST", path, idempotency_key=key).status == 200


def test_of_two_changes_by_one_tag_one_is_made(busy: House) -> None:
    call = Caller(busy, auth="none")
    draft = busy.campaign().id
    for path, bodies in (
        ("/api/leads/asha@rao.example", [{"company": "A"}, {"company": "B"}]),
        (f"/api/campaigns/{draft}", [{"cap": 11}, {"cap": 12}]),
        ("/api/templates/intro", [{"text": "A"}, {"text": "B"}]),
        ("/api/senders/sales@acme.example", [{"cap": 11}, {"cap": 12}]),
    ):
        tag = call.ok("GET", path).tag
        told = both(*(lambda body=body: call("PUT", path, body, if_match=tag) for body in bodies))  # noqa: B023
        assert sorted(one.status for one in told) in ([200, 412], [200, 409]), path
