"""`pivotr run` and `pivotr demo`: alone on a file, stopped cleanly, finished when nothing is left."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from pivotr.cli.console import Console
from pivotr.cli.run_view import Lines
from pivotr.functions.local import LocalRunner
from pivotr.settings import Settings
from pivotr.wiring import connect
from tests.cli.conftest import Run


def test_until_idle_sends_to_everybody_and_completes(pivotr: Run, draft: str, own_home: Path) -> None:
    pivotr("campaign", "start", draft)
    ended = pivotr("run", "--until-idle")
    assert (ended.code, ended.err) == (
        0,
        "Running. Ctrl-C stops; nothing is lost.\nDone: no campaign runs any more.\n",
    )
    assert re.sub(r"^\S+", "AT", ended.out, flags=re.MULTILINE) == (
        f"AT {draft} is running\nAT {draft} is completed\n"
    )
    assert len(list((own_home / "outbox" / "new").iterdir())) == 2
    shown = pivotr("campaign", "show", draft).out
    assert "enrolled       2\nsent           2\ndelivered      2\nwaiting        0\n" in shown.replace(
        "LEADS", "leads"
    )


def test_with_json_stdout_is_one_document(pivotr: Run, draft: str) -> None:
    pivotr("campaign", "start", draft)
    ended = pivotr("run", "--until-idle", "--json")
    counts = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert counts["handled"]["send-email"] >= 2
    assert counts["failed"].get("send-email", 0) == 0


def test_on_a_terminal_everything_is_in_view(
    pivotr: Run, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pivotr("campaign", "start", draft)
    monkeypatch.setenv("FORCE_COLOR", "1")
    ended = pivotr("run", "--until-idle")
    assert (ended.code, ended.err) == (0, "")
    for part in (
        "Diwali outreach",
        "sales@acme.example",
        "sending-queue",
        "Ctrl-C stops; nothing is lost.",
        "Done: no",
    ):
        assert part in ended.out


@pytest.mark.slow
def test_a_campaign_is_watched_to_its_end(pivotr: Run, draft: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = pivotr("campaign", "watch", draft, "--for", "0")
    assert re.sub(r"^\S+", "AT", seen.out) == "AT draft, 0 waiting\n"
    pivotr("campaign", "start", draft)

    def meanwhile(clock: object, seconds: float) -> None:
        """Somebody else drives the campaign between two looks."""
        subprocess.run([sys.executable, "-m", "pivotr", "run", "--until-idle"], check=True)

    monkeypatch.setattr("pivotr.adapters.system_clock.SystemClock.sleep", meanwhile)
    watched = pivotr("campaign", "watch", draft)
    assert (watched.code, watched.err) == (0, "")
    assert re.sub(r"^\S+", "AT", watched.out, flags=re.MULTILINE) == (
        "AT running, 0 waiting\nAT completed, 2 enrolled, 2 sent, 2 delivered, 0 waiting\n"
    )


@pytest.mark.slow
def test_a_watched_campaign_is_drawn_with_its_newest_entries(
    pivotr: Run, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pivotr("campaign", "start", draft)
    assert pivotr("run", "--until-idle").code == 0
    (line,) = pivotr("campaign", "watch", draft, "--json").out.splitlines()
    assert json.loads(line)["totals"]["sent"] == 2
    monkeypatch.setenv("FORCE_COLOR", "1")
    drawn = pivotr("campaign", "watch", draft)
    assert drawn.code == 0
    for part in ("Diwali outreach: completed", "delivered", "The campaign is complete."):
        assert part in drawn.out
    assert pivotr("campaign", "watch", "nowhere").code == 3


def test_for_some_seconds(pivotr: Run, draft: str) -> None:
    ended = pivotr("run", "--for", "0.1")
    assert (ended.code, ended.out) == (0, "")


@pytest.mark.slow
def test_only_one_run_on_a_file(pivotr: Run, own_home: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-m", "pivotr", "run"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    try:
        assert other.stderr is not None
        assert other.stderr.readline() == "Running. Ctrl-C stops; nothing is lost.\n"
        ended = pivotr("run")
        assert (ended.code, ended.out) == (4, "")
        sentence, hint = ended.err.splitlines()
        assert sentence.startswith(
            f"`pivotr run` is already running on this data file (process {other.pid}, since "
        )
        assert hint == "→ Let the first one work, or stop it with Ctrl-C in its terminal."
    finally:
        other.send_signal(signal.SIGINT)
        assert other.wait(30) == 130
        other.stderr.close()
    assert pivotr("run", "--for", "0").code == 0


@pytest.mark.slow
def test_sigterm_ends_a_run_in_order(own_home: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "pivotr", "run", "--json"], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert run.stdout is not None
    lock = own_home / "pivotr.lock"
    while run.poll() is None and not (lock.exists() and lock.read_text()):
        os.sched_yield()
    run.send_signal(signal.SIGTERM)
    out, _ = run.communicate(timeout=30)
    assert run.returncode in (0, -signal.SIGTERM)
    assert out == "" or json.loads(out)["failed"] == {}


def on_a_terminal(signals: int) -> tuple[int, str]:
    """Exit code and screen of a `pivotr run` that gets so many Ctrl-C once it has drawn."""
    import pty

    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [sys.executable, "-m", "pivotr", "run"], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    screen = b""
    with contextlib.suppress(OSError):  # the other end has been closed
        while part := os.read(ours, 4096):
            if signals and b"nothing is lost" in screen:
                for _ in range(signals):
                    run.send_signal(signal.SIGINT)
                    time.sleep(0.02)
                signals = 0
            screen += part
    os.close(ours)
    return run.wait(30), screen.decode()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of POSIX")
@pytest.mark.parametrize(("signals", "said"), [(1, "Done: no campaign runs any more."), (2, "")])
def test_ctrl_c_gives_the_cursor_back(signals: int, said: str) -> None:
    code, screen = on_a_terminal(signals)
    assert code == 130
    assert said in screen
    assert screen.rfind("\x1b[?25h") > screen.rfind("\x1b[?25l") >= 0
    assert screen.replace("\x1b[?25h", "").endswith("\n")


def test_run_is_for_the_local_environment_only(pivotr: Run) -> None:
    ended = pivotr("run", "--env", "dev")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("`pivotr run` drives the local environment; the others run by themselves.")


@pytest.mark.slow
def test_the_demo_ends_by_itself_and_its_commands_work(
    pivotr: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = pivotr("demo")
    assert ended.code == 0, ended.err
    assert "Import:    32 rows, 30 leads, 1 duplicate, 1 rejected\n" in ended.err
    for line in ("enrolled             30", "sent                 30", "bounced for good      2"):
        assert line in ended.out
    commands = re.findall(
        r"PIVOTR_HOME=(\S+) .* ((?:campaign show|leads list|logs show|metrics show|suppress list).*)$",
        ended.out,
        re.MULTILINE,
    )
    assert len(commands) == 6
    for home, words in commands:
        assert Path(home) == tmp_path / ".demo"
        monkeypatch.setenv("PIVOTR_HOME", home)
        shown = pivotr(*words.split())
        assert shown.code == 0
        # One complaint and two bounces of thirty are over the guard's lines, and the figures say so.
        is_warning = all("over" in line for line in shown.err.splitlines())
        assert is_warning if words.startswith("metrics") else shown.err == "", shown.err
        assert shown.out
    assert len(list((tmp_path / ".demo" / "outbox" / "new").iterdir())) == 30


def test_the_demo_leaves_a_strange_folder_alone(pivotr: Run, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"x")
    ended = pivotr("demo", "--folder", "photos")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        f"“{tmp_path / 'photos'}” holds something that is not a demo; it is left as it is.\n"
        "→ Name a new folder: --folder FOLDER\n"
    )
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["one.jpg"]


@pytest.mark.slow
def test_a_mail_server_that_does_not_answer_is_told_on_stderr(
    pivotr: Run, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pivotr("campaign", "start", draft)
    with socket.socket() as taken:  # bound and never listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PIVOTR_MAILER", "smtp")
        monkeypatch.setenv("PIVOTR_SMTP_SECURITY", "none")
        monkeypatch.setenv("PIVOTR_SMTP_PORT", str(taken.getsockname()[1]))
        ended = pivotr("run", "--for", "3")
    assert re.search(
        r"^warning: sales@acme\.example could not send: 127\.0\.0\.1:\d+ does not answer: .*\. "
        r"It tries again at \d\d:\d\d UTC\.$",
        ended.err,
        re.MULTILINE,
    )
    state = pivotr("sender", "list").out.splitlines()[1]
    assert re.search(r"tries again (today|\w{3} \d+ \w{3}) \d\d:\d\d \(\S+\)$", state)


def test_a_low_cap_says_why_wherever_it_is_felt(
    pivotr: Run, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "At most 50 mails a day leave until bounces can be seen. Bounces by SMTP come back as mails"
    pivotr("campaign", "start", draft)
    assert why not in pivotr("run", "--for", "0").err
    monkeypatch.setenv("PIVOTR_MAILER", "smtp")
    assert why in pivotr("run", "--for", "0").err
    assert why in pivotr("campaign", "show", draft).err
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("PIVOTR_SMTP_SECURITY", "none")
    assert why in " ".join(pivotr("run", "--for", "0.5").out.split())


def test_a_run_that_waits_for_follow_ups_says_so(pivotr: Run, draft: str, own_home: Path) -> None:
    pivotr("campaign", "update", draft, "--template", "intro", "--step", "intro+2d")
    pivotr("campaign", "start", draft)
    services = connect(Settings(home=own_home))
    stop = threading.Event()
    runner = LocalRunner(services)
    runner.run(stop, on_tick=lambda state: stop.set() if state.handled["process-feedback"] >= 2 else None)
    out = io.StringIO()
    view = Lines(services, Console(out, io.StringIO(), wants_json=False))
    now = services.ports.clock.now()
    for seconds in range(12):
        view.show(runner.state, now + timedelta(seconds=seconds))
    services.ports.close()
    running, told = out.getvalue().splitlines()
    assert running.endswith(f"{draft} is running")
    assert re.search(rf"{draft}: 2 sent, 2 waiting, the next is due \w{{3}} .* \d\d:\d\d \(\S+\); ", told)
