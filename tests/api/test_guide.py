"""What docs/api.md tells a newcomer to type, word by word, against `pivotr api serve`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import serving

GUIDE = Path("docs/api.md").read_text(encoding="utf-8")
WRITTEN = "http://127.0.0.1:8000"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """`pivotr api serve` on an empty data folder, and the environment of whoever uses it."""
    programs = str(Path(sys.executable).parent)
    environ = {
        **os.environ, "PIVOTR_HOME": str(tmp_path / "home"), "PIVOTR_ENV": "local",
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    with serving(tmp_path, environ) as url:
        yield url, environ


def written(kind: str, heading: str) -> list[str]:
    """The blocks of a kind below a heading."""
    part = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{kind}\n(.*?)```", part, re.DOTALL)


@pytest.mark.slow
def test_every_line_works_as_it_is_written(served: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    url, environ = served

    def done(*command: str) -> str:
        ended = subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    before, after = written("sh", "From nothing to a dashboard")
    script = f"set -e\n{before}\npivotr run --until-idle\n{after}"
    told = done("bash", "-c", script.replace(WRITTEN, url).replace("curl -sS", "curl -sS --fail-with-body"))
    answers = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    started, dashboard, figures, log = answers[-4:]
    assert started["status"] == "running"
    assert (dashboard["used"], figures["totals"]["sent"]) == (2, 2)
    assert [line["kind"] for line in log["items"]] == ["sent", "delivered"]

    (example,) = written("python", "From Python")
    told = done(sys.executable, "-c", example.replace(WRITTEN, url))
    assert "asha@rao.example sent" in told
    assert told.splitlines()[-1] == "2"

    (commands,) = written("sh", "Commands through the API")
    told = done("bash", "-c", f"set -e\n{commands}".replace(WRITTEN, url))
    assert "Diwali outreach" in told
    assert "mails today" in told
