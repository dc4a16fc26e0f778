"""How long the API takes on SQLite over loopback, and whether that grows with the number of leads.

Two servers (`pivotr api serve`), one with 100 leads and one with 100,000, get the same requests in turn over
one kept connection each, so that both meet the same machine. Run `python -m bench.api_calls [LEADS]`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import urllib3

from pivotr.domain.intake import ImportOptions
from pivotr.settings import Settings
from pivotr.wiring import connect

FEW, MANY = 100, 100_000
CALLS = 200
#: Starts are measured on drafts of their own, each with a mailbox of its own.
STARTS = 60
#: Routes that are known to read more where there is more: some looks suffice.
FEW_CALLS = 8

#: The server; without the memory of figures, where the dashboard itself is to be measured.
_SERVE = """
import sys
from datetime import timedelta
from pivotr.api.routes import metrics
from pivotr.cli.main import main
metrics._FRESH = timedelta(0) if sys.argv[1] == "fresh" else metrics._FRESH
sys.exit(main(["api", "serve", "--port", "0", "--json"]))
"""


class Stage:
    """One server with so many leads."""

    def __init__(self, url: str, leads: int) -> None:
        self.leads = leads
        self._pool = urllib3.PoolManager(maxsize=1)
        self._url = url
        self._chance = random.Random(7)  # noqa: S311 - which lead is read
        self._cursor = ""

    def ask(self, method: str, path: str, body: object = None) -> tuple[float, Any]:
        """Seconds of one request, and its answer. Raises SystemExit where it is refused."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if data else {}
        began = time.perf_counter()
        response = self._pool.request(method, self._url + path, body=data, headers=headers)
        spent = time.perf_counter() - began
        if response.status >= 400:
            raise SystemExit(f"{method} {path}: {response.status} {response.data!r}")
        return spent, json.loads(response.data)

    def prepare(self) -> None:
        """Drafts with a mailbox each, and one template."""
        self.ask("POST", "/api/templates", {"id": "intro", "subject": "Hi", "text": "{Hi|Hello} there"})
        self.ask("PUT", "/api/settings/footer.address", {"value": "Acme, 1 MG Road, Pune"})
        for number in range(STARTS):
            self.ask("POST", "/api/senders", {"address": f"s{number}@acme.example"})

    def draft(self, number: int) -> str:
        """The id of a new draft for everybody."""
        made = {
            "name": f"Bench {number}", "steps": ["intro"], "senders": [f"s{number}@acme.example"],
            "lists": ["everybody"], "window": "always",
        }  # fmt: skip
        return str(self.ask("POST", "/api/campaigns", made)[1]["id"])

    def list(self) -> float:
        """A page of 50 leads: the first, then the one behind it, and so on."""
        cursor = f"&cursor={self._cursor}" if self._cursor else ""
        spent, answer = self.ask("GET", f"/api/leads?limit=50{cursor}")
        self._cursor = answer["cursor"] or ""
        return spent

    def read(self) -> float:
        """One lead with its lists and mails, by address."""
        number = self._chance.randrange(self.leads)
        return self.ask("GET", f"/api/leads/lead{number}@d{number % 997}.example")[0]


Call = Callable[[Stage], float]


def measure(many: int = MANY) -> list[dict[str, object]]:
    """p50 and p99 in milliseconds with many leads, and p50 against 100 leads."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        homes = {leads: _filled(root / str(leads), leads) for leads in (FEW, many)}
        few, large = (stack.enter_context(_serving(home, leads, "kept")) for leads, home in homes.items())
        fresh = [stack.enter_context(_serving(home, leads, "fresh")) for leads, home in homes.items()]
        drafts: dict[int, list[str]] = {}
        for stage in (few, large):
            stage.prepare()
            drafts[stage.leads] = [stage.draft(number) for number in range(STARTS)]
        first = {leads: keys[0] for leads, keys in drafts.items()}
        pair = (few, large)
        return [
            *_rows("list, a page of 50 leads", Stage.list, pair, CALLS),
            *_rows("read a lead", Stage.read, pair, CALLS),
            *_rows("readiness, first 1,000 leads", _getting("/api/campaigns/{}/readiness", first),
                   pair, FEW_CALLS),
            *_rows("start a campaign", _starting(drafts), pair, STARTS),
            *_rows("dashboard, remembered for 15 s", _getting("/api/metrics/dashboard"), pair, CALLS),
            *_rows(f"dashboard of {STARTS} campaigns, not remembered", _getting("/api/metrics/dashboard"),
                   fresh, CALLS // 3),
            *_rows("every list with its size", _getting("/api/lists"), pair, FEW_CALLS),
            *_rows("imports", _getting("/api/leads/import"), pair, FEW_CALLS),
        ]  # fmt: skip


def _rows(what: str, call: Call, stages: Sequence[Stage], count: int) -> list[dict[str, object]]:
    """Both servers are asked in turn; the first three calls are warm-up, but for what can be done once."""
    warm = 0 if count == STARTS else 3
    spent: list[list[float]] = [[], []]
    for number in range(count + warm):
        for one, times in zip(stages, spent, strict=True):
            taken = call(one) * 1000
            if number >= warm:
                times.append(taken)
    before, after = spent
    named = f"{what}, {stages[1].leads:,} leads"
    rows: list[dict[str, object]] = [_row(f"{named}: p50", statistics.median(after), "ms")]
    if count > FEW_CALLS:
        rows.append(_row(f"{named}: p99", statistics.quantiles(after, n=100)[98], "ms"))
    ratio = statistics.median(after) / statistics.median(before)
    goal = "about 1" if count > FEW_CALLS else "-"
    return [*rows, _row(f"{what}: p50 ÷ that with {stages[0].leads} leads", ratio, "×", goal)]


def _row(what: str, value: float, unit: str, goal: str = "-") -> dict[str, object]:
    return {"figure": "R2", "what": what, "value": round(value, 2), "unit": unit, "goal": goal}


def _getting(path: str, words: Mapping[int, str] | None = None) -> Call:
    return lambda stage: stage.ask("GET", path.format((words or {}).get(stage.leads, "")))[0]


def _starting(drafts: Mapping[int, list[str]]) -> Call:
    left = {leads: iter(keys) for leads, keys in drafts.items()}
    return lambda stage: stage.ask("POST", f"/api/campaigns/{next(left[stage.leads])}/start")[0]


def _filled(home: Path, leads: int) -> Path:
    """A data folder with so many leads on one list."""
    connected = connect(Settings(home=home), {})
    text = "email,name\n" + "".join(
        f"lead{number}@d{number % 997}.example,Asha Rao\n" for number in range(leads)
    )
    options = ImportOptions(list="everybody", basis="consent", source="bench")
    connected.imports.run(BytesIO(text.encode()), "leads.csv", options)
    connected.ports.close()
    return home


@contextmanager
def _serving(home: Path, leads: int, memory: str) -> Iterator[Stage]:
    environ = {**os.environ, "PIVOTR_HOME": str(home), "PIVOTR_ENV": "local"}
    run = [sys.executable, "-c", _SERVE, memory]
    with subprocess.Popen(
        run, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        text = process.stdout.readline()
        while not text.rstrip().endswith("}"):
            text += process.stdout.readline()
        try:
            yield Stage(json.loads(text)["url"], leads)
        finally:
            process.send_signal(signal.SIGINT)


if __name__ == "__main__":
    for row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY):
        sys.stdout.write(f"{row['what']}: {row['value']} {row['unit']}\n")
