"""What the functions call, as JSON: plays tests that go through them, as processes that remember nothing.

`python -m tests.aws.seen` prints {function: [[action, resource], …]} last; its exit code is pytest's.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from pivotr.storage.recent import Recent
from tests.aws.recorder import at_the_ports

ROOT = Path(__file__).parents[2]

#: Between them they go every way through the functions that is known to need a right of its own.
PLAYED = (
    "api/test_repeats.py",
    "api/test_routes.py",
    "simulation/test_story_heartbeats.py",
    "aws/test_rights_scenes.py",
    "functions",
    "simulation/test_rules_completion.py::test_old_claims_of_a_stopped_campaign_are_still_closed",
    "simulation/test_rules_days.py::test_open_doubts_count_against_the_quota",
    "simulation/test_rules_guard.py::TestProvider::test_an_account_that_was_shut_down_sends_no_more",
    "simulation/test_stories.py::test_bounce_storm_stops_everything_until_acknowledged",
    "simulation/test_story_copies.py",
    "simulation/test_story_doubts.py::test_a_delivery_that_outruns_the_record",
    "simulation/test_story_provider.py::test_three_rejections_in_a_row_pause_the_campaign_for_its_template_is_at_fault",
    "simulation/test_story_provider.py::test_a_refusal_of_the_account_pauses_with_its_reason_until_it_is_acknowledged",
    "simulation/test_story_provider.py::test_where_nobody_knows_the_mail_is_neither_sent_again_nor_given_back",
    "simulation/test_story_verifier.py::test_a_verifier_that_refuses_for_good_pauses_with_its_reason",
    "simulation/test_story_verifier.py::test_an_unknown_verdict_is_looked_at_twice_and_then_skipped",
    "simulation/test_story_verifier.py::test_the_rate_of_the_verifier_is_kept_by_all_mailboxes_together",
)


def read_anew(self: Recent, kind: str, key: str, read: Callable[[], Any]) -> Any:
    """A process that has just begun has nothing to remember."""
    value = read()
    self._keys[kind] = key
    self._memory[kind, key] = (self._clock.now(), value)
    return value


def main() -> int:
    with at_the_ports() as seen, patch.object(Recent, "_through", read_anew):
        code = pytest.main(["-q", "-m", "not slow", *(str(ROOT / "tests" / place) for place in PLAYED)])
    told = {function: sorted(rights) for function, rights in seen.rights.items() if function}
    sys.stdout.write(f"{json.dumps(told)}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
