"""Ctrl-C and SIGTERM as a wish to stop: the first lets work in hand finish, the second ends the process."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from pivotr.cli.context import Told, console

if TYPE_CHECKING:
    from datetime import datetime

#: Seconds between two looks.
_EACH = 2.0
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def told_on_interrupt(sentence: str) -> Iterator[None]:
    """When Ctrl-C ends the work in hand, say on stderr what that means for it."""
    try:
        yield
    except KeyboardInterrupt:
        out = console()
        if out.stderr.isatty():
            out.stderr.write("\n")
        out.note(sentence)
        raise Told from None


def looks(
    now: Callable[[], datetime], sleep: Callable[[float], None], seconds: float | None
) -> Iterator[datetime]:
    """The instants at which to look, for so many seconds or for ever: the first now, the last at the end."""
    begun = now()
    while True:
        instant = now()
        yield instant
        left = _EACH if seconds is None else seconds - (instant - begun).total_seconds()
        if left <= 0:
            return
        sleep(min(_EACH, left))


@dataclass
class Signalled:
    """Whether a signal has come, and whether it was Ctrl-C."""

    stopping: bool = False
    interrupted: bool = False


def _give_back(terminal: TextIO | None) -> None:
    """Show the cursor again. `sys.stdout` will not do: while a screen is drawn it drops control codes."""
    if terminal is not None and terminal.isatty():
        terminal.write(_SHOW_CURSOR + "\n")
        terminal.flush()


@contextmanager
def stop_on_signals(stop: threading.Event, *, on_first: Callable[[], None]) -> Iterator[Signalled]:
    """Set `stop` at the first signal and call `on_first`; at the second leave at once with 128 + its number.

    Everything durable is in the data file, so leaving at once loses nothing. Outside the main thread, where
    Python takes no signals, nothing is changed.
    """
    seen = Signalled()
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if seen.stopping:
            _give_back(sys.__stdout__)
            os._exit(128 + number)
        seen.stopping = True
        seen.interrupted = number == signal.SIGINT
        stop.set()
        on_first()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield seen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
