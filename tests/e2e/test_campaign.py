"""From an empty account to a sent mail and back: the real CDK, the real template, real Lambdas.

On the emulator by default; `PIVOTR_E2E_ENV=dev` runs it in an account of AWS (docs/deploying.md).
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pivotr import names
from pivotr.adapters import sandbox_state
from tests.e2e.rights import Worker, check_every_right
from tests.e2e.stage import ENV, IS_SANDBOX, Stage, set_up, wait_for
from tests.e2e.verifier import VerifierServer

pytestmark = [pytest.mark.slow, pytest.mark.emulator]

SENDER = "sales@acme.example"
LEADS = "name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\nGone Away,gone@rao.example\n"


@pytest.fixture
def verifier() -> Iterator[VerifierServer]:
    server = VerifierServer()
    yield server
    server.close()


@pytest.fixture
def stage(tmp_path: Path, verifier: VerifierServer) -> Iterator[Stage]:
    asking = {"PIVOTR_VERIFIER": "myemailverifier", "PIVOTR_VERIFIER_URL": verifier.url}
    variables = asking if IS_SANDBOX else {}
    with set_up(tmp_path, **variables) as stage:
        yield stage


def test_from_an_empty_account_to_a_sent_mail_and_back(
    stage: Stage, verifier: VerifierServer, record_property: pytest.RecordProperty
) -> None:
    began = time.monotonic()

    def lap(name: str) -> None:
        record_property(f"e2e {name}, seconds", round(time.monotonic() - began))

    stage.up()
    deployed = stage.json("deploy", "--yes")
    assert deployed["status"] == "CREATE_COMPLETE"
    assert {one["change"] for one in deployed["changes"]} == {"new"}
    assert deployed["worst"] == "ok", deployed["findings"]
    assert {f"function {spec.name}" for spec in names.FUNCTIONS} < {
        one["subject"] for one in deployed["findings"]
    }
    lap("deployed")
    stage.ok("secrets", "set", "myemailverifier", stdin="a-key-of-the-vendor\n")
    stage.ok("secrets", "set", "mailbox", stdin="a-password\n")
    stage.verify("acme.example")

    stage.down()
    stage.up("--enforce-iam")  # from here on every function has the rights of its own role, and no others
    campaign = _prepare(stage)
    stage.ok("campaign", "start", campaign, "--yes")
    _send(stage, campaign, verifier)
    lap("sent")
    _hear_of_it(stage, campaign)
    _pause(stage)
    _poison(stage)
    lap("redriven")
    _ask_the_api(stage)
    _take_rights_away(stage)
    _ask_the_doctor(stage)

    stage.down()
    stage.up()
    again = stage.json("deploy", "--yes")
    assert again["changes"] == []
    lap("deployed again")
    gone = stage.json("destroy", "--yes")
    assert gone["destroyed"]
    assert not gone["tables_left"]
    assert stage.ended("outputs").code == 3
    lap("destroyed")


def _prepare(stage: Stage) -> str:
    """A sender, three leads, a template and a draft; its id."""
    Path("leads.csv").write_text(LEADS, "utf-8")
    Path("intro.txt").write_text("Hello {{FirstName}},\n\nGood day.\n", "utf-8")
    stage.ok("sender", "add", f"Acme Sales <{SENDER}>")
    report = stage.json("leads", "import", "leads.csv", "--list", "diwali", "--basis", "customers")
    assert report["accepted"] == 3
    stage.ok("template", "create", "intro", "--subject", "Hi {{FirstName}}", "--body-file", "intro.txt")
    stage.ok("settings", "set", "footer.address", "Acme Ltd, 1 MG Road, Pune")
    return stage.ok(
        "campaign", "create", "Diwali", "--template", "intro", "--sender", SENDER, "--list", "diwali",
        "--window", "always", "--gap", "0",
    ).strip()  # fmt: skip


def _totals(stage: Stage, campaign: str) -> dict[str, int]:
    totals: dict[str, int] = stage.json("metrics", "show", "--campaign", campaign)["totals"]
    return totals


def _send(stage: Stage, campaign: str, verifier: VerifierServer) -> None:
    """The heartbeat enrols and wakes; the lanes' own turns verify and send."""
    stage.invoke("heartbeat", {})
    wait_for(lambda: (found := _totals(stage, campaign))["sent"] == 2 and found["skipped"] == 1)
    assert {key for key, _ in verifier.asked} == {"a-key-of-the-vendor"}
    assert {address for _, address in verifier.asked} == {
        "asha@rao.example", "vijay@iyer.example", "gone@rao.example",
    }  # fmt: skip
    if IS_SANDBOX:
        found = sandbox_state.noted(stage.home)
        assert found is not None
        with urllib.request.urlopen(f"{found.url}/_ministack/ses/messages") as answer:
            text = answer.read().decode()
        assert "Hello Asha," in text
        assert "gone@rao.example" not in text


def _hear_of_it(stage: Stage, campaign: str) -> None:
    """Events in the shape of SES, with our tags, on the real queue: one delivery, one bounce."""
    stage.invoke("process-feedback", {"Records": []})  # a cold start on a busy machine may need a second try
    found = stage.client("dynamodb").query(
        TableName=names.physical(ENV, names.LOGS),
        KeyConditionExpression="campaignId = :campaign",
        ExpressionAttributeValues={":campaign": {"S": campaign}},
    )["Items"]
    items = {one["leadId"]["S"]: one for one in found if "message_id" in one}
    sent = [one for one in stage.json("logs", "show", "--campaign", campaign) if one["kind"] == "sent"]
    assert len(sent) == len(items) == 2
    for kind, entry in zip(("Delivery", "Bounce"), sent, strict=True):
        item = items[entry["lead"]]
        entry["message_id"] = item["message_id"]["S"].partition("@")[0]
        entry["lane"], entry["attempt"] = item["sender"]["S"], item["timestamp"]["S"].rpartition("#")[0]
        stage.put(names.FEEDBACK_QUEUE.name, _event(kind, campaign, entry))
    heard = wait_for(lambda: (found := _totals(stage, campaign)).get("bounced") and found)
    assert (heard["delivered"], heard["bounced"]) == (1, 1)
    assert stage.json("metrics", "audit")[0]["agrees"]


def _event(kind: str, campaign: str, entry: dict[str, str]) -> str:
    """An event of SES as SNS delivers it raw; fields as in the SES developer guide, "event data"."""
    address = entry["email"]
    told = {
        "Delivery": {"delivery": {"recipients": [address], "timestamp": entry["at"],
                                  "smtpResponse": "250 ok", "processingTimeMillis": 546}},
        "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": entry["at"],
                              "bouncedRecipients": [{"emailAddress": address, "status": "5.1.1"}],
                              "feedbackId": "010701-e2e"}},
    }[kind]  # fmt: skip
    tags = {"campaign": [campaign], "sender": [entry["lane"]], "lead": [entry["lead"]], "step": ["1"],
            "attempt": [entry["attempt"]], "ses:configuration-set": [f"pivotr-{ENV}-events"]}  # fmt: skip
    mail = {"messageId": entry["message_id"], "timestamp": entry["at"], "source": SENDER,
            "destination": [address], "tags": tags}  # fmt: skip
    return json.dumps({"eventType": kind, "mail": mail, **told})


def _pause(stage: Stage) -> None:
    """A campaign that is paused stays so, and is aborted for good."""
    Path("more.csv").write_text("name,email\nRavi Sen,ravi@sen.example\n", "utf-8")
    stage.ok("leads", "import", "more.csv", "--list", "spring", "--basis", "customers")
    later = stage.ok(
        "campaign", "create", "Spring", "--template", "intro", "--sender", SENDER, "--list", "spring",
        "--window", "always", "--gap", "600",
    ).strip()  # fmt: skip
    stage.ok("campaign", "start", later, "--yes")
    stage.ok("campaign", "pause", later)
    assert stage.json("campaign", "show", later)["status"] == "paused"
    stage.ok("campaign", "abort", later, "--yes")
    assert stage.json("campaign", "show", later)["status"] == "aborted"


def _poison(stage: Stage) -> None:
    """A job that nobody can do ends in the dead letters, is looked at, put back and dies again."""
    queue = names.VERIFICATION_QUEUE.name
    url = stage.queue_url(queue)
    # six times the time-out is right for work, and long for a test
    stage.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    stage.put(queue, "no job at all")
    found = wait_for(lambda: stage.json("dlq", "peek", queue))
    assert [one["body"] for one in found] == ["no job at all"]
    assert stage.json("dlq", "redrive", queue)["redriven"] == 1
    wait_for(lambda: stage.json("dlq", "peek", queue))
    assert stage.json("dlq", "purge", queue, "--yes")["purged"] == 1
    stage.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"VisibilityTimeout": str(names.VERIFICATION_QUEUE.visibility)}
    )


def _ask_the_api(stage: Stage) -> None:
    """The HTTP API answers through its gateway and its own functions."""
    if not IS_SANDBOX:
        return
    found = sandbox_state.noted(stage.home)
    assert found is not None
    api = stage.json("outputs")["outputs"][names.OUTPUT_API_ID]
    base = f"{found.url}/_aws/execute-api/{api}/$default/api"
    for path in ("/health", "/leads", "/campaigns", "/metrics/dashboard"):
        with urllib.request.urlopen(base + path) as answer:
            assert answer.status == 200, path


#: Function, path of a request → statements of its role without which that, or an empty event, is not served.
NEEDED = {
    (names.HEARTBEAT, ""): ("Senders", "CampaignsIndexes"),
    (names.API_LEADS, "/api/leads"): ("Leads",),
    (names.API_CAMPAIGNS, "/api/templates"): ("Templates",),
}


def _take_rights_away(stage: Stage) -> None:
    """The roles are what lets the functions work: without a statement they fail, with it they work again."""
    if not IS_SANDBOX:
        return
    check_every_right(stage)
    for (function, path), sids in NEEDED.items():
        worker = Worker(stage, function, {})
        serves = partial(_serves, stage, function.name, path)
        assert serves()
        for sid in sids:
            with worker.without(sid):
                assert not serves(), f"{function.name} does not need {sid}"
        assert serves()


def _serves(stage: Stage, function: str, path: str) -> bool:
    event: object = {}
    if path:
        event = {
            "version": "2.0", "routeKey": f"GET {path}", "rawPath": path, "rawQueryString": "",
            "headers": {}, "requestContext": {"http": {"method": "GET", "path": path},
                                              "stage": "$default", "requestId": "1"},
        }  # fmt: skip
    answer = stage.client("lambda").invoke(
        FunctionName=names.physical(ENV, function), Payload=json.dumps(event).encode()
    )
    told = json.loads(answer["Payload"].read() or b"{}")
    return "FunctionError" not in answer and told.get("statusCode", 200) == 200


def _ask_the_doctor(stage: Stage) -> None:
    report = stage.json("doctor")
    assert report["worst"] != "failure", report
    assert {"stack", "table", "function", "api"} <= {one["subject"].split()[0] for one in report["findings"]}
