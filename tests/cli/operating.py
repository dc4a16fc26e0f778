"""An operator at a keyboard: runs commands in the process and keeps what they said."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pivotr.cli.main import main


@dataclass
class Operator:
    """`run` returns the exit code; `out` and `err` hold what the last command wrote."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main(arguments)
        self.out, self.err = self.capsys.readouterr()
        return code

    def ok(self, *arguments: str) -> str:
        code = self.run(*arguments)
        assert code == 0, self.err
        return self.out

    def json(self, *arguments: str) -> Any:
        return json.loads(self.ok(*arguments, "--json"))

    def lines(self, *arguments: str) -> list[Any]:
        return [json.loads(line) for line in self.ok(*arguments, "--json").splitlines()]

    def file(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)


def operator_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    """An operator with a data folder of their own, who is called meena."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PIVOTR_HOME", str(folder / "home"))
    monkeypatch.setenv("LOGNAME", "meena")
    for name in ("PIVOTR_ENV", "FORCE_COLOR", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    return Operator(folder, capsys)
