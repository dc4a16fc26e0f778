"""Alarms to a program of the operator's choice: a chat hook, a pager, a desktop notice."""

from __future__ import annotations

import shlex
import subprocess

from pivotr.errors import Misconfigured, Unavailable

_SECONDS = 20.0


class NotifyCommand:
    """Alarms port on a command line: the subject becomes its last argument, the text its standard input.

    No shell reads either of them.
    """

    def __init__(self, command: str) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as error:
            raise Misconfigured(
                f"notify_command cannot be read: {error}.", hint="Mend its quotes in PIVOTR_NOTIFY_COMMAND."
            ) from None
        if not self._words:
            raise Misconfigured("notify_command is empty.", hint="Set PIVOTR_NOTIFY_COMMAND or take it away.")

    def tell(self, subject: str, text: str) -> None:
        """Run the command once. Raises Misconfigured where it cannot be run, Unavailable where it fails."""
        try:
            done = subprocess.run(
                [*self._words, subject],
                input=text.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"{self._words[0]} took longer than {_SECONDS:g} s.", hint="It is tried again."
            ) from None
        except (OSError, ValueError) as error:
            raise Misconfigured(
                f"{self._words[0]} cannot be run: {error}", hint="Check PIVOTR_NOTIFY_COMMAND."
            ) from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
            raise Unavailable(
                f"{self._words[0]} ended with code {done.returncode}. {said[0]}".strip(),
                hint="Run it by hand to see why.",
            )
