"""The whole document, played against the API by a machine: thousands of requests, right and wrong ones.

Every check of the generator is on: no server errors, answers as documented, wrong data refused and right
data not, nothing usable after it was deleted. Repeat a finding with the `curl` line that it prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import serving

RULES = Path(__file__).parent / "schemathesis"
#: Fewest requests that make a run worth its name.
FEWEST = 2_000


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """`pivotr api serve` on an empty data folder."""
    environ = {**os.environ, "PIVOTR_HOME": str(tmp_path), "PIVOTR_ENV": "local"}
    with serving(tmp_path, environ) as url:
        yield url


@pytest.mark.slow
def test_the_api_keeps_to_its_document(served: str, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("st")), "--config-file", str(RULES / "schemathesis.toml"),
        "run", f"{served}/openapi.json", "--checks", "all", "--seed", os.environ.get("PIVOTR_SEED", "1"),
        "--max-examples", os.environ.get("PIVOTR_EXAMPLES", "12"), "--suppress-health-check", "all",
        "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    hooks = {**os.environ, "SCHEMATHESIS_HOOKS": "checks", "PYTHONPATH": str(RULES)}
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=hooks, check=False)
    assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-2_000:]
    found = re.search(r"([\d,]+) generated", run.stdout)
    assert found, run.stdout[-2_000:]
    assert int(found[1].replace(",", "")) >= FEWEST
