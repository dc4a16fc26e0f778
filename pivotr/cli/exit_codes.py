"""What the shell learns about how a command ended: one table from class to exit code."""

from __future__ import annotations

from pivotr import errors

OK = 0
FAILURE = 1
USAGE = 2
NOT_FOUND = 3
CONFLICT = 4
LIMIT = 5
UPSTREAM = 6
CONFIGURATION = 7
INTERRUPTED = 130

#: A class that is not named here has the code of its nearest base class.
EXIT_CODES: dict[type[errors.PivotrError], int] = {
    errors.PivotrError: FAILURE,
    errors.InvalidInput: USAGE,
    errors.NotFound: NOT_FOUND,
    errors.Conflict: CONFLICT,
    errors.LimitReached: LIMIT,
    errors.Rejected: UPSTREAM,
    errors.Unavailable: UPSTREAM,
    errors.Misconfigured: CONFIGURATION,
}


def exit_code(error: errors.PivotrError) -> int:
    """The exit code of an error, by its class or the nearest base of it."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
