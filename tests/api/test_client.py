"""The Python client against the API as it is served: every route, repeats, and the errors of Pivotr."""

from __future__ import annotations

import http.server
import inspect
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pivotr import errors
from pivotr.api.models.leads import LeadChange, LeadNew, SuppressionNew
from pivotr.api_client.faults import CLASSES, error_of
from pivotr.api_client.signing import AwsSignature, Bearer
from pivotr.client import (
    CampaignChange,
    CampaignNew,
    Pivotr,
    SenderChange,
    SenderNew,
    SendTest,
    TemplateChange,
    TemplateNew,
    UploadNew,
)
from tests.api.serving import serving

DOCUMENT = json.loads(Path("docs/openapi.json").read_text())


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pivotr]:
    """`pivotr api serve` in a process of its own, and the client at it."""
    home = tmp_path_factory.mktemp("home")
    environ = {**os.environ, "PIVOTR_HOME": str(home), "PIVOTR_ENV": "local"}
    with serving(home, environ) as url:
        yield Pivotr(url)


@pytest.mark.slow
def test_a_campaign_from_its_leads_to_its_figures(api: Pivotr, tmp_path: Path) -> None:
    assert api.health().environment == "local"
    file = tmp_path / "leads.csv"
    file.write_text("name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\n")
    report = api.imports.send(file, "fair", source="trade fair", basis="consent").report
    assert (report.rows, report.accepted) == (2, 2)
    assert [run.import_id for run in api.imports.list()] == [report.import_id]
    assert api.imports.read(report.import_id).state == "done"
    made = api.leads.create(LeadNew(email="meera@nair.example", full_name="Meera Nair", list="fair"))
    assert made.first_name == "Meera"
    assert [(one.name, one.members) for one in api.lists.list()] == [("fair", 3)]
    assert {lead.email for lead in api.lists.members("fair", page=1)} == {
        "asha@rao.example", "vijay@iyer.example", "meera@nair.example"
    }  # fmt: skip
    api.senders.create(SenderNew(address="sales@acme.example", name="Meena"))
    api.templates.create(TemplateNew(id="intro", subject="A question", text="{Hi|Hello} {{FirstName|there}}"))
    draft = api.campaigns.create(
        CampaignNew(name="Fair", steps=("intro",), senders=("sales@acme.example",), lists=("fair",))
    )
    assert api.campaigns.preview(draft.id, count=2).items
    assert api.campaigns.readiness(draft.id) is not None
    assert api.campaigns.test_send(draft.id, SendTest(to=("me@acme.example",))) is not None
    assert api.campaigns.update(draft.id, CampaignChange(cap=50)).cap == 50
    assert api.campaigns.forecast(draft.id, cap=20) is not None
    assert api.campaigns.start(draft.id).status == "running"
    assert api.campaigns.explain(draft.id, "asha@rao.example") is not None
    assert api.campaigns.pause(draft.id).status == "paused"
    assert api.campaigns.resume(draft.id).status == "running"
    assert [one.id for one in api.campaigns.list(status="running")] == [draft.id]
    assert api.metrics.campaign(draft.id).name == "Fair"
    assert api.campaigns.abort(draft.id).status == "aborted"
    assert api.campaigns.read(draft.id).status == "aborted"
    assert api.metrics.dashboard().health == "ok"


@pytest.mark.slow
def test_leads_senders_templates_and_the_rest(api: Pivotr) -> None:
    lead = api.leads.create(LeadNew(email="tara@devi.example", full_name="Tara Devi"))
    _, etag = api.leads.read_tagged(lead.id)
    assert api.leads.update(lead.id, LeadChange(first_name="T."), etag=etag).first_name == "T."
    with pytest.raises(errors.Changed):
        api.leads.update(lead.id, LeadChange(first_name="Tara"), etag=etag)
    assert api.leads.stop(lead.id, "replied").status == "replied"
    assert [line.kind for line in api.leads.logs(lead.id)]
    assert api.leads.read("tara@devi.example").id == lead.id
    assert lead.id in {one.id for one in api.leads.list(page=1)}
    gone = api.leads.create(LeadNew(email="gone@devi.example"))
    assert api.leads.delete(gone.id).status == "deleted"
    erased = api.leads.create(LeadNew(email="erased@devi.example"))
    assert api.leads.erase(erased.id) is not None
    api.suppressions.create(SuppressionNew(target="@stop.example", source="letter"))
    assert api.suppressions.read("ann@stop.example").suppressed
    assert any(True for _ in api.suppressions.list(page=1))
    assert api.suppressions.delete("@stop.example", force=True).target == "@stop.example"
    sender = api.senders.create(SenderNew(address="info@acme.example", name="Info"))
    assert api.senders.update(sender.id, SenderChange(cap=40)).cap == 40
    assert api.senders.pause(sender.id).id == api.senders.resume(sender.id).id
    assert {one.address for one in api.senders.list(page=1)} >= {"info@acme.example"}
    api.templates.create(TemplateNew(id="note", subject="A note", text="Hello"))
    assert api.templates.update("note", TemplateChange(text="Hello again")).version == 2
    assert api.templates.read("note", version=1).text == "Hello"
    assert api.templates.lint("note") is not None
    assert "note" in {one.id for one in api.templates.list(page=1)}
    queue = api.dlq.list()[0].queue
    assert (api.dlq.peek(queue), api.dlq.redrive(queue, count=1), api.dlq.purge(queue)) == ((), 0, 0)
    assert api.settings.update("account.cap", 120).value == 120
    assert api.settings.read("account.cap").is_set
    assert len(api.settings.list()) > 10
    with pytest.raises(errors.PivotrError):
        api.imports.begin_upload(UploadNew(list="fair"))
    with pytest.raises(errors.PivotrError):
        api.imports.start_upload("nowhere")
    with pytest.raises(errors.PivotrError):
        api.imports.read_upload("nowhere")


@pytest.mark.slow
def test_errors_are_those_that_the_command_line_knows(api: Pivotr) -> None:
    with pytest.raises(errors.NotFound) as nowhere:
        api.campaigns.read("nowhere-0001")
    assert nowhere.value.sentence
    assert nowhere.value.hint
    with pytest.raises(errors.NotFound):
        api.leads.read("../../health?x=/")
    with pytest.raises(errors.InvalidInput):
        api.templates.create(TemplateNew(id="broken", subject="A", text="{Hi|Hello"))
    with pytest.raises(errors.InvalidInput):
        Pivotr("127.0.0.1:8000")


@pytest.mark.slow
def test_every_route_of_the_document_has_its_method() -> None:
    """Read off the sources: a route that nobody can call would be missing here."""
    sources = "".join(
        inspect.getsource(module)
        for name, module in sys.modules.items()
        if name.startswith("pivotr.api_client.") or name == "pivotr.client"
    )
    for path in DOCUMENT["paths"]:
        words = (
            path.split("{")[0]
            if "{" not in path
            else "{}".join(
                part.partition("}")[2] if number else part for number, part in enumerate(path.split("{"))
            )
        )
        assert f'"{words}"' in sources, path


def test_codes_of_problems_are_those_of_the_classes() -> None:
    for code, kind in CLASSES.items():
        body = json.dumps({"detail": "It is so.", "code": code, "hint": "Do this."}).encode()
        error = error_of(500, body)
        assert (type(error), error.sentence, error.hint) == (kind, "It is so.", "Do this.")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Misconfigured), (403, errors.Rejected), (404, errors.NotFound), (412, errors.Changed),
        (413, errors.InvalidInput), (429, errors.LimitReached), (503, errors.Unavailable),
        (504, errors.NoAnswer), (500, errors.PivotrError),
    ],
)  # fmt: skip
def test_what_the_gateway_says_by_itself_is_told_plainly(status: int, kind: type[Exception]) -> None:
    error = error_of(status, b'{"message":"Forbidden"}')
    assert type(error) is kind
    assert error.sentence.endswith(".")
    assert error.hint


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server that answers with these statuses in turn; what it was asked."""
    left, seen = list(statuses), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            seen.append((f"{self.command} {self.path}", {k.lower(): v for k, v in self.headers.items()}))
            status = left.pop(0)
            body = b'{"status":"ok","version":"1","environment":"dev","new":1}' if status < 400 else b"{}"
            self.send_response(status)
            self.send_header("retry-after", "2")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def test_a_reading_is_tried_again_after_the_wait_that_is_asked_for() -> None:
    waits: list[float] = []
    with answering(503, 429, 200) as (url, seen):
        health = Pivotr(url, sleep=waits.append).health()
    assert health.version == "1"  # and what this client does not know is left out
    assert (len(seen), waits) == (3, [2.0, 2.0])


def test_a_start_is_repeated_under_one_key_and_a_pause_never() -> None:
    with answering(503, 503, 503, 503) as (url, seen):
        api = Pivotr(url, retries=2, sleep=lambda seconds: None)
        with pytest.raises(errors.Unavailable):
            api.campaigns.start("fair-0001")
        with pytest.raises(errors.Unavailable):
            api.campaigns.pause("fair-0001")
    keys = [headers.get("idempotency-key") for _, headers in seen]
    assert len(seen) == 4
    assert len(set(keys[:3])) == 1
    assert keys[3] is None


def test_a_lost_answer_of_a_change_says_that_it_may_have_happened() -> None:
    class Silent(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.close_connection = True
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            api = Pivotr(f"http://127.0.0.1:{server.server_address[1]}", sleep=lambda seconds: None)
            with pytest.raises(errors.NoAnswer, match="perhaps"):
                api.campaigns.pause("fair-0001")
        finally:
            server.shutdown()
            thread.join()
    with pytest.raises(errors.Unavailable) as nobody:
        Pivotr(f"http://127.0.0.1:{server.server_address[1]}", retries=0).campaigns.pause("fair-0001")
    assert not isinstance(nobody.value, errors.NoAnswer)


def test_requests_carry_the_token_or_the_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session")
    with answering(200, 200) as (url, seen):
        Pivotr(url, Bearer("t0ken")).health()
        Pivotr(url, AwsSignature("ap-south-1")).health()
    assert seen[0][1]["authorization"] == "Bearer t0ken"
    signature = seen[1][1]["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/ap-south-1/execute-api/aws4_request" in signature
    assert seen[1][1]["x-amz-security-token"] == "session"
    assert "secret" not in str(seen)
