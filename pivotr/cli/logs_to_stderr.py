"""The program's own log, as a person at the keyboard wants it: warnings, or everything with `-v`."""

from __future__ import annotations

import logging
import sys
import traceback


def listen(*, is_verbose: bool) -> None:
    """Write records of our own loggers to stderr, all with `is_verbose`, else from `warning` up."""
    logger = logging.getLogger("pivotr")
    logger.handlers = [one for one in logger.handlers if not isinstance(one, _ToStderr)]
    logger.addHandler(_ToStderr(has_traces=is_verbose))
    logger.setLevel(logging.DEBUG if is_verbose else logging.WARNING)


class _ToStderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at that moment; an error's trace where it is asked for."""

    def __init__(self, *, has_traces: bool) -> None:
        super().__init__()
        self._has_traces = has_traces

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record: a line, and the trace of an error or where to get it."""
        try:
            sys.stderr.write(f"{record.levelname.lower()}: {record.getMessage()}{self._cause(record)}\n")
        except (OSError, ValueError):
            self.handleError(record)

    def _cause(self, record: logging.LogRecord) -> str:
        kind, error, trace = record.exc_info or (None, None, None)
        if kind is None:
            return ""
        if self._has_traces:
            return "\n" + "".join(traceback.format_exception(kind, error, trace)).rstrip()
        return f": {kind.__name__} (run again with -v for the trace)"
