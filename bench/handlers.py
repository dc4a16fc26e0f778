"""F4: what a Lambda process costs until it is ready, as a multiple of what such a process usually loads.

The yardstick is Powertools' Logger, Batch and Parser with two models, and boto3 with three clients. Processes
are taken in turn; a figure is the least cpu time (user and system) of several over the least of the
yardstick, as a busy machine only ever adds. "Ready" is what really happens in the init phase: beside imports
and clients the keys and settings are read and the queues found, in an account on the loopback address.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tests.aws.loopback import serve, variables

RUNS = 5
GOAL = 0.65
#: Function → the services whose clients it needs.
FUNCTIONS = {
    "send_email": ("secretsmanager", "dynamodb", "sqs", "sesv2"),
    "verify_email": ("secretsmanager", "dynamodb", "sqs"),
    "process_feedback": ("secretsmanager", "dynamodb"),
    "heartbeat": ("secretsmanager", "dynamodb", "sqs", "sesv2"),
    "unsubscribe": ("secretsmanager", "dynamodb"),
}

USUAL = """
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.parser import BaseModel, parse
from aws_lambda_powertools.utilities.parser.models import SqsModel
import boto3


class Lead(BaseModel):
    id: str
    email: str


class Job(BaseModel):
    sender: str
    ticket: int
    lead: Lead


logger = Logger(service="usual")
processor = BatchProcessor(event_type=EventType.SQS)
table, queue, mail = (boto3.client(name, region_name="ap-south-1") for name in ("dynamodb", "sqs", "sesv2"))
"""


def cpu_seconds(code: str, environ: dict[str, str]) -> float:
    """Cpu time of one process from its start to its end."""
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", code],
        environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("a process failed")
    return usage.ru_utime + usage.ru_stime


def _clients(function: str) -> str:
    made = "".join(f"\nclients.client({service!r})" for service in FUNCTIONS[function])
    return (
        f"import pivotr.functions.entry.{function}, pivotr.wiring_aws\n"
        f"clients = pivotr.wiring_aws.Clients('ap-south-1'){made}"
    )


def measure() -> list[dict[str, Any]]:
    """Two rows per function: imports and clients, and all that makes it ready."""
    least: dict[tuple[str, str], float] = {}
    with serve() as account:
        for _ in range(RUNS):
            for function in FUNCTIONS:
                ready = variables(account, function.replace("_", "-"))
                idle = {name: value for name, value in ready.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
                for what, code, environ in (
                    *((("usual", USUAL, idle),) if function in ("send_email", "unsubscribe") else ()),
                    ("clients", _clients(function), idle),
                    ("ready", f"import pivotr.functions.entry.{function}", ready),
                ):
                    place = ("", what) if what == "usual" else (function, what)
                    least[place] = min(least.get(place, 1e9), cpu_seconds(code, environ))
    usual = least["", "usual"]
    return [
        {
            "figure": "F4",
            "what": f"{function.replace('_', '-')}: {told}",
            "value": round(least[function, what] / usual, 2),
            "unit": "× logger, batch, parser, models, boto3 with three clients (cpu)",
            "goal": goal,
        }
        for function in FUNCTIONS
        for what, told, goal in (
            ("clients", "import and clients", f"≤ {GOAL}"),
            ("ready", "the same, keys and settings read, queues found", ""),
        )
    ]
