"""An operator and, in place of AWS, the emulator; or an account of AWS where PIVOTR_E2E_ENV names one."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from pivotr import names
from pivotr.adapters import sandbox_state
from pivotr.cli.main import main
from tests.aws import emulator

ENV = os.environ.get("PIVOTR_E2E_ENV", "sandbox")
REGION = os.environ.get("PIVOTR_REGION", "ap-south-1")
IS_SANDBOX = ENV == "sandbox"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


class Stage:
    """`ok`, `json` and `ended` run commands; the other methods stand for the world around."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._session = botocore.session.Session()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def ended(self, *words: str, stdin: str = "") -> Ended:
        """How a command ended."""
        before = sys.stdin, sys.stdout, sys.stderr
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        sys.stdin, sys.stdout, sys.stderr = io.StringIO(stdin), out, err
        try:
            code = main(words)
        finally:
            sys.stdin, sys.stdout, sys.stderr = before
        return Ended(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))

    def ok(self, *words: str, stdin: str = "") -> str:
        """Stdout of a command that must do well."""
        ended = self.ended(*words, stdin=stdin)
        assert ended.code == 0, f"{words}: {ended.out}\n{ended.err}"
        return ended.out

    def json(self, *words: str, stdin: str = "") -> Any:
        """The document of a command that must do well."""
        return json.loads(self.ok(*words, "--json", stdin=stdin))

    def client(self, service: str, keys: Mapping[str, str] | None = None) -> Any:
        """A client of AWS, or of the emulator, under its own keys or those that are given."""
        if not IS_SANDBOX:
            return self._session.create_client(service, region_name=REGION)
        found = sandbox_state.noted(self.home)
        assert found is not None
        own = {"AccessKeyId": sandbox_state.ACCESS_KEY, "SecretAccessKey": sandbox_state.SECRET_KEY}
        used = keys or own
        wanted = (service, found.url, used["AccessKeyId"])
        if wanted not in self._clients:
            self._clients[wanted] = self._session.create_client(
                service,
                region_name=REGION,
                endpoint_url=found.url,
                aws_access_key_id=used["AccessKeyId"],
                aws_secret_access_key=used["SecretAccessKey"],
                aws_session_token=used.get("SessionToken"),
            )
        return self._clients[wanted]

    def up(self, *options: str) -> None:
        """Start the emulator; an account of AWS is always up."""
        if IS_SANDBOX:
            self.ok("sandbox", "up", "--python", str(emulator.python()), *options)

    def down(self, *options: str) -> None:
        """Stop the emulator."""
        if IS_SANDBOX:
            self.ok("sandbox", "down", *options)

    def verify(self, domain: str) -> None:
        """Have SES send from a domain; an account of AWS must have it verified before."""
        if IS_SANDBOX:
            self.ok("sandbox", "verify", domain)

    def invoke(self, function: str, event: object) -> Any:
        """What a function answers; asked again while it is busy or too slow to start."""
        client = self.client("lambda")
        name = names.physical(ENV, function)

        def call() -> Any:
            try:
                answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
            except client.exceptions.TooManyRequestsException:
                return None  # its one execution is at work
            text = answer["Payload"].read().decode()
            if "FunctionError" in answer and "timed out" in text:
                return None
            assert "FunctionError" not in answer, f"{function}: {text}"
            return text

        return json.loads(wait_for(call))

    def queue_url(self, name: str) -> str:
        """The address of a queue, as the stack tells it."""
        return str(self.json("outputs")["outputs"][names.queue_output(name)])

    def put(self, queue: str, body: str) -> None:
        """Put a record on a real queue."""
        self.client("sqs").send_message(QueueUrl=self.queue_url(queue), MessageBody=body)


def wait_for(what: Callable[[], Any], *, seconds: float = 120.0) -> Any:
    """The first truthy answer; fails when none comes."""
    ends_at = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < ends_at, f"{what} has not come true; last: {found!r}"
        time.sleep(0.5)
    return found


@contextmanager
def set_up(folder: Path, **variables: str) -> Iterator[Stage]:
    """A stage in a folder of its own, taken down whatever happens."""
    stage = Stage(folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if IS_SANDBOX and name.startswith(("PIVOTR_", "AWS_", "MYEMAILVERIFIER_")):
                patch.delenv(name)
        patch.setenv("PIVOTR_HOME", str(stage.home))
        patch.setenv("PIVOTR_ENV", ENV)
        patch.setenv("PIVOTR_REGION", REGION)
        patch.setenv("NO_COLOR", "1")
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.chdir(folder)
        try:
            yield stage
        finally:
            stage.ended("sandbox", "down", "--forget")
