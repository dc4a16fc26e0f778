"""The exception tree: each error has a stable code, one sentence and a hint naming the command that helps.

    PivotrError
    ├── InvalidInput      what was given cannot be used
    ├── NotFound          what was named does not exist
    ├── Conflict          it exists, but not in a state that allows this
    │   ├── Changed       somebody else has changed it since it was read
    │   └── ConditionFailed, TransactionCancelled (ports.table)
    ├── LimitReached      a cap, a quota or a size is used up
    ├── Rejected          an upstream service said no, for good
    ├── Unavailable       an upstream service cannot answer now; surely nothing happened (retryable)
    │   └── NoAnswer      … or perhaps it did happen: nobody knows
    └── Misconfigured     the installation, not the input, is at fault

Each door maps class → exit code, HTTP status, or retry; `tests/architecture` fails on an unmapped class.
"""

from __future__ import annotations

import re
from typing import ClassVar

#: How checks of values word their complaints → how an operator says it.
_WORDINGS = (
    (r"^Value error, ", ""),
    (r", unable to (parse|interpret) .*$|, got a number with a fractional part$", ""),
    (r"a valid integer", "a whole number"),
    (r"a valid number", "a number"),
    (r"a valid boolean", "true or false"),
    (r"greater than or equal to", "at least"),
    (r"less than or equal to", "at most"),
    (r"^(Input|Value|String) should (be|have|match)", r"it must \2"),
    (r"\.$", ""),
)


class PivotrError(Exception):
    """Base of everything Pivotr raises on purpose: a sentence for a tired operator and a hint."""

    code: str = "error"
    retryable: ClassVar[bool] = False

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class InvalidInput(PivotrError):
    """What was given cannot be used as it is."""

    code = "invalid_input"


class NotFound(PivotrError):
    """What was named does not exist."""

    code = "not_found"


class Conflict(PivotrError):
    """It exists, but its present state does not allow this."""

    code = "conflict"


class Changed(Conflict):
    """Somebody else has changed it since it was read: a change by what was read then would undo theirs."""

    code = "changed"


class LimitReached(PivotrError):
    """A cap, a quota or a size is used up."""

    code = "limit_reached"


class Rejected(PivotrError):
    """An upstream service refused, and would refuse again."""

    code = "rejected"


class Unavailable(PivotrError):
    """An upstream service cannot answer now; surely nothing happened. Trying later can help."""

    code = "unavailable"
    retryable = True


class NoAnswer(Unavailable):
    """A call ended without an answer: whether it took effect is not known."""

    code = "no_answer"


class Misconfigured(PivotrError):
    """The installation or its configuration is at fault."""

    code = "misconfigured"


def plainly(complaint: str) -> str:
    """A complaint of a check of values as a clause without its jargon: `it must be a whole number`."""
    for pattern, words in _WORDINGS:
        complaint = re.sub(pattern, words, complaint)
    return complaint
