"""An account of moto's with what the stack makes, and an operator who works in it from a keyboard."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sesv2.responses import SESV2Response

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.cli.main import main
from pivotr.functions import heartbeat, send_email, verify_email
from pivotr.functions.events import schedule_event
from pivotr.functions.local import deliver
from pivotr.settings import from_env
from pivotr.wiring import Services, connect
from pivotr.wiring_aws import ensure_keys
from tests.aws.moto_inserts import PutInserts
from tests.aws.moto_mended import mended
from tests.aws.resources import REGION, create_queue, create_tables

ENVIRON = {
    "PIVOTR_ENV": "dev",
    "PIVOTR_REGION": REGION,
    "PIVOTR_PUBLIC_URL": "https://mail.acme.example",
    "PIVOTR_CONFIGURATION_SET": "pivotr-dev-events",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
    "AWS_SECRET_ACCESS_KEY": "example",
}
SETTINGS = from_env(ENVIRON)


@contextmanager
def deployed(clients: Clients) -> Iterator[None]:
    """The account after a deployment: tables, queues, the heartbeat, a verified domain, keys."""
    inserts = patch("pivotr.adapters.aws.dynamodb.Inserts", PutInserts)
    quota = patch.object(SESV2Response, "get_account", _account, create=True)
    with mock_aws(config={"lambda": {"use_docker": False}}), mended(), inserts, quota:
        create_tables(clients.client("dynamodb"), "dev")
        for spec in names.QUEUES:
            create_queue(clients.client("sqs"), spec, names.physical("dev", spec.name))
        _verify(clients, "acme.example")
        _create_function(clients, names.HEARTBEAT.name)
        ensure_keys(SETTINGS, ENVIRON)
        yield


def _verify(clients: Clients, domain: str) -> None:
    """A verified domain: in moto one is never verified by itself."""
    clients.client("sesv2").create_email_identity(EmailIdentity=domain)
    ses_backends[DEFAULT_ACCOUNT_ID][REGION].email_identities[domain].verified_for_sending_status = True


def _account(_: SESV2Response) -> str:
    """GetAccount, which moto does not know."""
    limits = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    return json.dumps({"SendQuota": limits, "ProductionAccessEnabled": True, "SendingEnabled": True})


def _create_function(clients: Clients, name: str) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = clients.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return {}")
    clients.client("lambda").create_function(
        FunctionName=names.physical("dev", name),
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": code.getvalue()},
    )


@dataclass
class AwsOperator:
    """Runs commands with `--env dev`; `turn` does what the functions of the account would do now."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def ok(self, *words: str) -> str:
        self.capsys.readouterr()
        code = main(words)
        out, err = self.capsys.readouterr()
        assert code == 0, err
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def fails(self, *words: str) -> tuple[int, str]:
        self.capsys.readouterr()
        code = main(words)
        return code, self.capsys.readouterr().err

    @cached_property
    def services(self) -> Services:
        return connect(SETTINGS.model_copy(update={"verifier": "syntax"}), ENVIRON)

    def turn(self) -> None:
        """A heartbeat, then every record that is visible goes to its handler."""
        services = self.services
        event = schedule_event(services.ports.clock.now(), environment="dev", region=REGION)
        heartbeat.handle(event, services)
        for queue, handler in (
            (names.VERIFICATION_QUEUE, verify_email.handle),
            (names.SENDING_QUEUE, send_email.handle),
        ):
            records = services.ports.queues.receive(queue.name, limit=1)
            if records:
                deliver(services, queue, handler, records)
