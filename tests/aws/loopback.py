"""An account of AWS on the loopback address, with empty tables: enough for a process to turn once.

Answers have the shapes of the service models; nothing is stored. It counts the calls of each operation.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEYS = json.dumps({"lead": "11" * 32, "unsubscribe": ["22" * 32]})
VERIFIER_KEY = "verifier-key-of-the-loopback-account"


@dataclass
class Account:
    """What was asked: operation → how often."""

    url: str = ""
    calls: Counter[str] = field(default_factory=Counter)


def _secret(request: dict[str, Any]) -> dict[str, Any]:
    name = request["SecretId"]
    return {"Name": name, "SecretString": KEYS if name.endswith("-keys") else VERIFIER_KEY}


def _queue_url(request: dict[str, Any]) -> dict[str, Any]:
    return {"QueueUrl": f"http://127.0.0.1/000000000000/{request['QueueName']}"}


def _sent(request: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": "m", "MD5OfMessageBody": digest}


_ANSWERS: dict[str, Any] = {
    "GetSecretValue": _secret,
    "GetQueueUrl": _queue_url,
    "SendMessage": _sent,
    "BatchGetItem": lambda _: {"Responses": {}, "UnprocessedKeys": {}},
    "Query": lambda _: {"Items": [], "Count": 0, "ScannedCount": 0},
    "Scan": lambda _: {"Items": [], "Count": 0, "ScannedCount": 0},
    "GetAccount": lambda _: {
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 0.0},
        "ProductionAccessEnabled": True,
    },
}


def _handler(account: Account) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            target = self.headers.get("X-Amz-Target", "")
            operation = target.rpartition(".")[2] or "GetAccount"
            account.calls[operation] += 1
            answer = _ANSWERS.get(operation, lambda _: {})(json.loads(raw) if raw else {})
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            return

    return Handler


@contextmanager
def serve() -> Iterator[Account]:
    account = Account()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(account))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    account.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield account
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def variables(account: Account, function: str) -> dict[str, str]:
    """The environment of a function that runs in this account."""
    return {
        "PATH": "/usr/bin:/bin",
        "PIVOTR_ENV": "dev",
        "PIVOTR_REGION": "ap-south-1",
        "PIVOTR_ENDPOINT_URL": account.url,
        "PIVOTR_PUBLIC_URL": "https://mail.acme.example",
        "AWS_LAMBDA_FUNCTION_NAME": f"pivotr-dev-{function}",
        "AWS_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_EC2_METADATA_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
