"""The program's own log, as a person at the keyboard wants it: warnings, or everything with `-v`."""

from __future__ import annotations

import logging
import sys


def listen(*, is_verbose: bool) -> None:
    """Write records of our own loggers to stderr, all with `is_verbose`, else from `warning` up."""
    logger = logging.getLogger("pivotr")
    logger.handlers = [one for one in logger.handlers if not isinstance(one, _ToStderr)]
    logger.addHandler(_ToStderr())
    logger.setLevel(logging.DEBUG if is_verbose else logging.WARNING)


class _ToStderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        try:
            sys.stderr.write(f"{record.levelname.lower()}: {record.getMessage()}\n")
        except (OSError, ValueError):
            self.handleError(record)
