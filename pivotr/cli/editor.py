"""A text in the operator's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path


def edited(text: str) -> str:
    """The text as it comes back from the program that VISUAL or EDITOR names. Raises InvalidInput."""
    from pivotr.errors import InvalidInput

    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory(prefix="pivotr-") as folder:
        path = Path(folder) / "template.txt"
        path.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run([*shlex.split(command), str(path)], check=False)
        except (OSError, ValueError) as error:
            raise InvalidInput(
                f"The editor “{command}” cannot be started: {getattr(error, 'strerror', None) or error}.",
                hint="Set EDITOR, or use --body-file and --subject.",
            ) from None
        if done.returncode != 0:
            raise InvalidInput("The editor ended with an error.", hint="Nothing was changed. Try again.")
        return path.read_text(encoding="utf-8", errors="replace")
