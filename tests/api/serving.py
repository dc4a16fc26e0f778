"""`pivotr api serve` as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Serve on a free port; gives the address, and ends it with Ctrl-C."""
    run = [sys.executable, "-m", "pivotr", "api", "serve", "--port", "0", "--json"]
    with subprocess.Popen(run, env=environ, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        text = process.stdout.readline()
        while not text.rstrip().endswith("}"):
            text += process.stdout.readline()
        yield json.loads(text)["url"]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
