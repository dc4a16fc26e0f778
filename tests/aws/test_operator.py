"""An operator at a keyboard with `--env dev`: the same commands, on tables, queues and SES of an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from tests.aws.operating import ENVIRON, AwsOperator, deployed

pytestmark = pytest.mark.slow


@pytest.fixture
def aws(
    no_credentials: None,
    clients: Clients,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[AwsOperator]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIVOTR_HOME", str(tmp_path / "home"))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    # moto waits in real time for a queue that is empty
    monkeypatch.setattr("pivotr.wiring_aws.LONG_POLL", 0)
    monkeypatch.setattr("pivotr.wiring_aws.domains_of", lambda _: None)  # no look-ups in the DNS
    with deployed(clients):
        yield AwsOperator(tmp_path, capsys)


def test_a_campaign_goes_from_a_file_to_a_mail(aws: AwsOperator) -> None:
    (aws.folder / "leads.csv").write_text("name,email\nAsha Rao,asha@rao.example\n,no address\n", "utf-8")
    (aws.folder / "intro.txt").write_text("Hello {{FirstName}},\n\nGood day.\n", "utf-8")
    report = aws.json("leads", "import", "leads.csv", "--list", "diwali")
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert aws.json("leads", "import", "leads.csv", "--list", "diwali")["duplicate"] == 1
    assert [lead["email"] for lead in aws.json("leads", "list")] == ["asha@rao.example"]
    aws.ok("sender", "add", "Acme Sales <sales@acme.example>")
    aws.ok("template", "create", "intro", "--subject", "Hi {{FirstName}}", "--body-file", "intro.txt")
    campaign = aws.ok(
        "campaign", "create", "Diwali", "--template", "intro", "--sender", "sales@acme.example",
        "--list", "diwali", "--window", "always", "--gap", "0",
    ).strip()  # fmt: skip
    aws.ok("campaign", "start", campaign)
    for _ in range(3):
        aws.turn()
    assert aws.json("metrics", "show", "--campaign", campaign)["totals"]["sent"] == 1
    assert "asha@rao.example" in aws.ok("leads", "show", "asha@rao.example")
    assert aws.json("metrics", "audit")[0]["agrees"]
    assert not (aws.folder / "home" / "pivotr.db").exists()


def test_dead_letters_of_the_account(aws: AwsOperator) -> None:
    queues = aws.services.ports.queues
    queues.send_many(names.SENDING_QUEUE.dlq, ["a", "b", "c"])
    listed = {one["queue"]: one["dead"] for one in aws.json("dlq", "list")}
    assert listed["sending-queue"] == 3
    assert {one["body"] for one in aws.json("dlq", "peek", "sending")} == {"a", "b", "c"}
    assert aws.json("dlq", "redrive", "sending", "--count", "2")["redriven"] == 2
    assert aws.json("dlq", "purge", "sending", "--yes")["purged"] == 1
    assert queues.depth(names.SENDING_QUEUE.name).waiting == 2


def test_a_secret_is_set_from_stdin_and_never_shown(
    aws: AwsOperator, monkeypatch: pytest.MonkeyPatch, clients: Clients
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("very-secret-key\n"))
    said = aws.ok("secrets", "set", "myemailverifier")
    stored = clients.client("secretsmanager").get_secret_value(SecretId="pivotr-dev-myemailverifier")
    assert stored["SecretString"] == "very-secret-key"
    listed = aws.ok("secrets", "list", "--json")
    views = {view["name"]: view for view in json.loads(listed)}
    assert (views["myemailverifier"]["is_set"], views["myemailverifier"]["age_days"]) == (True, 0)
    assert (views["keys"]["is_set"], views["mailbox"]["is_set"]) == (True, False)
    assert "very-secret" not in said + listed
    code, told = aws.fails("secrets", "set", "keys")
    assert code == 2
    assert "never typed in" in told


@pytest.mark.parametrize("words", [("leads", "list"), ("dlq", "list"), ("metrics", "show")])
def test_without_credentials_one_sentence_says_what_to_do(
    aws: AwsOperator, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    code, told = aws.fails(*words)
    assert code == 7
    assert told.startswith("There are no AWS credentials on this machine.")
    assert len(told.splitlines()) == 2


@pytest.mark.parametrize("words", [("leads", "list"), ("dlq", "list"), ("campaign", "list")])
def test_before_a_deployment_one_sentence_says_what_to_do(aws: AwsOperator, words: tuple[str, ...]) -> None:
    code, told = aws.fails(*words, "--env", "production")
    assert code == 7
    assert "pivotr deploy" in told
    assert len(told.splitlines()) == 2
