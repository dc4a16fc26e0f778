"""Every route, as a client uses it; the caller holds every answer against the document."""

from __future__ import annotations

from typing import BinaryIO

import pytest

from pivotr import names
from pivotr.ports.files import UploadForm
from tests.api.caller import Caller
from tests.services.house import House


def test_a_lead_from_creation_to_deletion(call: Caller) -> None:
    made = call.ok(
        "POST", "/api/leads", {"email": "Meena@Nair.example", "full_name": "Meena Nair", "list": "diwali",
                               "tags": ["fair"], "fields": {"City": "Kochi"}},
    )  # fmt: skip
    assert made.status == 201
    assert made.json["first_name"] == "Meena"
    assert made.headers["Location"] == f"/api/leads/{made.json['id']}"
    read = call.ok("GET", "/api/leads/meena@nair.example")
    assert read.json["lists"] == ["diwali"]
    assert read.tag == made.tag
    changed = call("PUT", f"/api/leads/{made.json['id']}", {"company": "Nair & Co"}, if_match=made.tag)
    assert changed.json["company"] == "Nair & Co"
    assert changed.json["corrected"] == ["company"]
    stopped = call.ok("POST", f"/api/leads/{made.json['id']}/stop", {"reason": "called"})
    assert stopped.json["status"] == "replied"
    kinds = [one["kind"] for one in call.ok("GET", "/api/leads/meena@nair.example/logs").json["items"]]
    assert kinds == ["added", "corrected", "replied"]
    assert call.ok("DELETE", f"/api/leads/{made.json['id']}").json["being_sent"] is False
    assert call("GET", "/api/leads/meena@nair.example").status == 404


def test_who_did_it_is_in_the_log(house: House) -> None:
    claims = {"jwt": {"claims": {"email": "meena@acme.example", "groups": "[sales ops]"}}}
    settings = house.services.settings.model_copy(update={"api_operators": ("ops",)})
    call = Caller(house, auth="jwt", settings=settings, authorizer=claims)
    made = call.ok("POST", "/api/leads", {"email": "x@y.example"})
    (entry,) = call.ok("GET", f"/api/leads/{made.json['id']}/logs").json["items"]
    assert entry["actor"] == "meena@acme.example"


def test_a_person_is_erased(call: Caller) -> None:
    done = call.ok("POST", "/api/leads/asha@rao.example/erase")
    assert done.json["was_lead"] is True
    assert call("GET", "/api/leads/asha@rao.example").status == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"asha@rao.example", "vijay@iyer.example", "kim@iyer.example"}),
        ({"domain": "iyer.example"}, {"vijay@iyer.example", "kim@iyer.example"}),
        ({"domain": "iyer.example", "list": "diwali"}, {"vijay@iyer.example"}),
        ({"list": "holi"}, {"kim@iyer.example"}),
        ({"status": "new", "tag": "vip"}, {"kim@iyer.example"}),
        ({"status": "sent"}, set()),
        ({"since": "2026-11-25"}, set()),
    ],
)
def test_leads_are_filtered_and_paged(call: Caller, query: dict[str, str], found: set[str]) -> None:
    call.ok("POST", "/api/leads", {"email": "kim@iyer.example", "list": "holi", "tags": ["vip"]})
    emails: list[str] = []
    cursor = ""
    for _ in range(10):
        page = call.ok("GET", "/api/leads", query={**query, "limit": 1, "cursor": cursor}).json
        assert len(page["items"]) <= 1
        emails += [lead["email"] for lead in page["items"]]
        if not (cursor := page["cursor"]):
            break
    assert cursor is None
    assert sorted(emails) == sorted(found)


def test_the_cost_of_a_page_does_not_grow_with_the_number_of_leads(call: Caller, house: House) -> None:
    rows = "".join(f"lead{number}@many.example\n" for number in range(3000))
    house.take(f"email\n{rows}", "many")
    calls: list[str] = []
    scan, get_many = house.table.scan, house.table.get_many

    def counting_scan(*args: object, **more: object) -> object:
        calls.append("scan")
        return scan(*args, **more)  # type: ignore[arg-type]

    house.table.scan = counting_scan  # type: ignore[method-assign]
    house.table.get_many = lambda *a, **m: (calls.append("get"), get_many(*a, **m))[1]  # type: ignore[func-returns-value, method-assign]
    page = call.ok("GET", "/api/leads", query={"tag": "nobody-has-it", "limit": 50}).json
    assert page["items"] == []
    assert page["cursor"]
    assert len(calls) <= 20


def test_a_campaign_from_draft_to_abort(call: Caller, house: House, draft: str) -> None:
    made = call.ok(
        "POST", "/api/campaigns",
        {"name": "Holi", "steps": ["intro", "intro+3d"], "senders": ["sales@acme.example"],
         "lists": ["diwali"], "cap": 80, "policy": {"role": "skip"}, "filters": {"statuses": ["new"]}},
    )  # fmt: skip
    assert made.status == 201
    assert made.json["window"] == "mon-fri 09:30-17:30 Asia/Kolkata"
    assert made.json["policy"]["role"] == "skip"
    assert made.json["policy"]["catch_all"] == "skip"
    path = made.headers["Location"]
    changed = call.change(path, {"cap": 60, "gap": "90-120", "window": "mon-sat 10:00-16:00 Asia/Kolkata"})
    assert (changed.json["cap"], changed.json["gap"]) == (60, "90-120")
    assert call.ok("GET", f"{path}/preview", query={"lead": "asha@rao.example"}).json["items"][0]["text"]
    assert call.ok("GET", f"{path}/forecast", query={"cap": 1}).json["mails"] == 4
    assert call.ok("POST", f"{path}/start").json["status"] == "running"
    assert call.ok("POST", f"{path}/pause").json["status"] == "paused"
    assert call.ok("POST", f"{path}/resume", {"acknowledge": False}).json["status"] == "running"
    told = call.ok("GET", f"{path}/explain", query={"lead": "asha@rao.example"}).json
    assert told["why"]
    view = call.ok("GET", path).json
    assert view["lanes"][0]["sender"] == "sales@acme.example"
    assert view["totals"]["sent"] == 0
    assert view["steps"] == ["intro@1", "intro@1+3d"]
    assert call.ok("POST", f"{path}/abort").json["status"] == "aborted"
    listed = call.ok("GET", "/api/campaigns", query={"status": "draft"}).json["items"]
    assert [one["id"] for one in listed] == [draft]


def test_what_was_read_of_a_campaign_may_be_written_back(call: Caller, draft: str) -> None:
    read = call.ok("GET", f"/api/campaigns/{draft}").json
    kept = ("name", "steps", "window", "gap", "cap", "policy", "not_mailed_within_days", "domain_cap")
    again = call.change(f"/api/campaigns/{draft}", {name: read[name] for name in kept})
    assert again.status == 200
    assert {name: again.json[name] for name in kept} == {name: read[name] for name in kept}


def test_templates_get_versions(call: Caller) -> None:
    made = call.ok(
        "POST", "/api/templates", {"id": "hello", "subject": "Hi {{FirstName|there}}", "text": "One"}
    )
    assert made.headers["Location"] == "/api/templates/hello"
    second = call("PUT", "/api/templates/hello", {"text": "Two"}, if_match=made.tag)
    assert second.json["version"] == 2
    view = call.ok("GET", "/api/templates/hello", query={"version": 1}).json
    assert (view["text"], view["versions"]) == ("One", [1, 2])
    assert call.ok("GET", "/api/templates/hello/lint").json["variants"] == "1"
    assert [one["version"] for one in call.ok("GET", "/api/templates").json["items"]] == [2]


def test_a_sender(call: Caller) -> None:
    made = call.ok(
        "POST", "/api/senders", {"address": "Kim@Acme.example", "name": "Kim", "ramp": "20+10..80",
                                 "zone": "Asia/Kolkata"},
    )  # fmt: skip
    assert made.json["cap_today"] == 20
    path = made.headers["Location"]
    assert call.change(path, {"ramp": "none", "cap": 40, "gap": "100-200"}).json["gap"] == "100-200"
    assert call.ok("POST", f"{path}/pause").json["open"] is False
    assert call.ok("POST", f"{path}/resume", {}).json["open"] is True
    assert call.ok("GET", "/api/senders/kim@acme.example").json["cap"] == 40
    assert len(call.ok("GET", "/api/senders").json["items"]) == 1


def test_suppressions(call: Caller) -> None:
    made = call.ok("POST", "/api/suppressions", {"target": "asha@rao.example", "source": "letter"})
    assert (made.status, made.json["stopped"]) == (201, 1)
    assert call.ok("GET", "/api/suppressions/asha@rao.example").json["suppressed"] is True
    assert call.ok("GET", "/api/suppressions/@rao.example").json["suppressed"] is False
    assert len(call.ok("GET", "/api/suppressions").json["items"]) == 1
    assert call.ok("DELETE", "/api/suppressions/asha@rao.example").json["freed"] == 1


def test_lists_and_their_members(call: Caller) -> None:
    diwali = {"name": "diwali", "members": 2, "is_whole": True}
    assert call.ok("GET", "/api/lists").json == {"items": [diwali], "cursor": None}
    call.ok("POST", "/api/leads", {"email": "meena@rao.example", "list": "spring"})
    page = call.ok("GET", "/api/lists", query={"limit": 1}).json
    assert page["items"] == [diwali]
    rest = call.ok("GET", "/api/lists", query={"limit": 1, "cursor": page["cursor"]}).json
    assert (rest["items"][0]["name"], rest["cursor"]) == ("spring", None)
    call.ok("DELETE", "/api/leads/meena@rao.example")
    assert call.ok("GET", "/api/lists").json["items"] == [diwali]
    first = call.ok("GET", "/api/lists/diwali", query={"limit": 1}).json
    second = call.ok("GET", "/api/lists/diwali", query={"limit": 1, "cursor": first["cursor"]}).json
    assert second["cursor"] is None
    assert first["items"][0]["id"] != second["items"][0]["id"]


@pytest.mark.parametrize("kind", ["text/csv", "application/octet-stream"])
def test_a_file_is_imported(call: Caller, kind: str) -> None:
    file = b"email,name\nkim@iyer.example,Kim\nkim@iyer.example,Kim\nnobody,\n"
    query = {"list": "fair", "tags": "a,b", "file": "fair.csv", "basis": "consent"}
    tried = call.ok(
        "POST", "/api/leads/import", raw=file, query={**query, "dry_run": "true"}, content_type=kind
    )
    assert tried.json["report"]["is_dry_run"] is True
    done = call.ok("POST", "/api/leads/import", raw=file, query=query, content_type=kind).json["report"]
    assert (done["rows"], done["accepted"], done["duplicate"], done["rejected"]) == (3, 1, 1, 1)
    assert call.ok("GET", f"/api/leads/import/{done['import_id']}").json["state"] == "done"
    assert "fair.csv" in [one["file"] for one in call.ok("GET", "/api/leads/import").json["items"]]


def test_a_large_file_needs_a_place(call: Caller) -> None:
    told = call("POST", "/api/leads/uploads", {"list": "fair", "file": "fair.csv"})
    assert (told.status, told.code) == (409, "misconfigured")
    assert "pivotr leads import" in told.json["hint"]


def test_a_large_file_comes_by_its_own_way(call: Caller, house: House) -> None:
    files: dict[str, bytes] = {}

    class Shelf:
        def form(self, key: str, *, largest_bytes: int, expires_seconds: int) -> UploadForm:
            return UploadForm("https://files.example", {"key": key}, expires_seconds, largest_bytes)

        def put(self, key: str, data: bytes) -> None:
            files[key] = data

        def fetch(self, key: str, into: BinaryIO) -> None:
            into.write(files[key])
            into.seek(0)

    house.services.ports.make_files = Shelf
    begun = call.ok("POST", "/api/leads/uploads", {"list": "fair", "file": "fair.csv", "tags": ["a"]})
    path = begun.headers["Location"]
    assert call.ok("GET", path).json["state"] == "waiting"
    files[begun.json["form"]["fields"]["key"]] = b"email\nkim@iyer.example\n"
    call.ok("POST", f"{path}/start")
    assert house.services.uploads.go_on(begun.json["upload"]) == "done"
    done = call.ok("GET", path).json
    assert (done["state"], done["rows"]) == ("done", 1)
    assert call.ok("GET", "/api/leads", query={"list": "fair", "tag": "a"}).json["items"]
    assert call("GET", "/api/leads/uploads/nothing").status == 404


def test_a_test_mail_leaves_and_counts_nothing(call: Caller, house: House, draft: str) -> None:
    path = f"/api/campaigns/{draft}"
    body = {"to": ["me@acme.example"], "lead": "asha@rao.example"}
    (sent,) = call.ok("POST", f"{path}/test-send", body, idempotency_key="once").json["items"]
    assert (sent["result"], sent["to"], sent["lead"]) == ("accepted", "me@acme.example", "asha@rao.example")
    call.ok("POST", f"{path}/test-send", body, idempotency_key="once")
    assert len(house.provider.mails) == 1
    assert call.ok("GET", path).json["totals"]["sent"] == 0


def test_what_is_lacking_for_a_start_is_told_before_and_at_it(call: Caller, house: House, draft: str) -> None:
    house.services.preferences.set("footer.required", "yes")
    house.clock.sleep(76)
    told = call.ok("GET", f"/api/campaigns/{draft}/readiness").json
    (refusal,) = [one for one in told["remarks"] if one["severity"] == "refusal"]
    start = call("POST", f"/api/campaigns/{draft}/start")
    assert start.status in (409, 422)
    assert start.json["detail"] == refusal["sentence"]


def test_dead_letters(call: Caller, house: House) -> None:
    house.queues.send(names.SENDING_QUEUE.dlq, "{}")
    queues = call.ok("GET", "/api/dlq").json["items"]
    assert [one["dead"] for one in queues] == [1, 0, 0]
    assert call.ok("GET", "/api/dlq/sending-queue").json["items"][0]["body"] == "{}"
    assert call.ok("POST", "/api/dlq/sending-queue/redrive", {}).json["redriven"] == 1
    assert call.ok("POST", "/api/dlq/sending-queue/purge").json["purged"] == 0


@pytest.mark.parametrize(
    ("key", "value", "stored"),
    [
        ("account.cap", 120, 120), ("footer.required", True, True), ("guard.bounce.stop", "4%", 0.04),
        ("footer.address", "Acme, 1 MG Road", "Acme, 1 MG Road"), ("greeting.threshold", 0.5, 0.5),
    ],
)  # fmt: skip
def test_settings(call: Caller, key: str, value: object, stored: object) -> None:
    assert call.ok("PUT", f"/api/settings/{key}", {"value": value}).json["value"] == stored
    assert call.ok("GET", f"/api/settings/{key}").json["actor"] == "api"
    assert any(one["is_set"] for one in call.ok("GET", "/api/settings").json["items"])


def test_metrics_may_be_old_for_a_moment(call: Caller, house: House, draft: str) -> None:
    first = call.ok("GET", "/api/metrics/dashboard")
    assert first.headers["Cache-Control"] == "private, max-age=15"
    assert first.json["campaigns"][0]["campaign"] == draft
    for known in (first.tag, f"W/{first.tag}", f'"other", {first.tag}', "*"):
        assert call("GET", "/api/metrics/dashboard", if_none_match=known).status == 304
    assert call("GET", "/api/metrics/dashboard", if_none_match='"other"').status == 200
    house.services.preferences.set("account.cap", "17")
    assert call.ok("GET", "/api/metrics/dashboard").json["limit"] == 300
    house.clock.sleep(76)
    fresh = call("GET", "/api/metrics/dashboard", if_none_match=first.tag)
    assert (fresh.status, fresh.json["limit"]) == (200, 17)
    assert call.ok("GET", f"/api/metrics/campaign/{draft}").json["campaign"] == draft


def test_health_asks_nobody(house: House) -> None:
    call = Caller(house, auth="iam")
    assert call.ok("GET", "/api/health").json["status"] == "ok"
    assert call("GET", "/api/leads").status == 401
