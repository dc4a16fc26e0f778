"""P11: each role holds what its function calls, no less and no more; both sides are seen, not believed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pivotr import names
from pivotr.infra.permissions import pairs
from pivotr.names import FunctionSpec
from tests.aws.recorder import Right
from tests.aws.seen import ROOT

pytestmark = pytest.mark.slow

GET, QUERY, CHECK = "dynamodb:GetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"
LOGS, LEADS = "table/logs", "table/leads"

#: Rights of ways that only a race or a lost answer opens: (function, right) → what then happens.
RARE: dict[tuple[FunctionSpec, Right], str] = {
    (names.SEND_EMAIL, (GET, LOGS)): "a close that finds its claim gone looks for its own record",
    (names.LEAD_IMPORT, (GET, LEADS)): "somebody else changed the lead of a row at the same moment",
    (names.PROCESS_FEEDBACK, (QUERY, LOGS)): "an event without tags comes before the index shows its mail",
    (names.HEARTBEAT, (QUERY, LOGS)): "the same, of a report that came by mail",
    (names.HEARTBEAT, (QUERY, f"{LOGS}/index/message-index")): "a mail that names only the provider's id",
    (
        names.HEARTBEAT,
        (CHECK, LEADS),
    ): "a delivery told by mail while another mail of the campaign is in doubt",
    (
        names.UNSUBSCRIBE,
        (GET, "table/settings"),
    ): "the mailbox that wrote is gone, so the account's zone holds",
}


@pytest.fixture(scope="module")
def seen() -> dict[str, set[Right]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.aws.seen"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    told = json.loads(run.stdout.splitlines()[-1])
    return {
        function: {(action, resource) for action, resource in rights} for function, rights in told.items()
    }


def granted(function: FunctionSpec) -> set[Right]:
    """Rights that calls at the ports need; those of provider, secrets and files have tests of their own."""
    kinds = ("dynamodb:", "sqs:SendMessage", "lambda:")
    return {right for right in pairs(function) if right[0].startswith(kinds)}


@pytest.mark.parametrize("function", names.FUNCTIONS, ids=lambda spec: spec.name)
def test_every_call_is_granted(seen: dict[str, set[Right]], function: FunctionSpec) -> None:
    assert seen[function.name] - granted(function) == set()


@pytest.mark.parametrize("function", names.FUNCTIONS, ids=lambda spec: spec.name)
def test_every_grant_is_called(seen: dict[str, set[Right]], function: FunctionSpec) -> None:
    rare = {right for spec, right in RARE if spec is function}
    assert granted(function) - seen[function.name] == rare


def test_what_is_rare_is_granted() -> None:
    assert all(right in pairs(function) for function, right in RARE)
