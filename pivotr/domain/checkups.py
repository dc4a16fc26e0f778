"""One line of `pivotr doctor`: what was looked at, how it is, what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pivotr.errors import PivotrError

Level: TypeAlias = Literal["ok", "warning", "failure"]
_ORDER: tuple[Level, ...] = ("ok", "warning", "failure")


@dataclass(frozen=True, slots=True)
class Line:
    """A finding. `advice` says what to do about a warning or failure."""

    subject: str
    level: Level
    says: str
    advice: str = ""


def ok(subject: str, says: str) -> Line:
    """All is well."""
    return Line(subject, "ok", says)


def warning(subject: str, says: str, advice: str) -> Line:
    """It works, and something should be seen to."""
    return Line(subject, "warning", says, advice)


def failure(subject: str, says: str, advice: str) -> Line:
    """It does not work."""
    return Line(subject, "failure", says, advice)


def asked(
    subject: str,
    check: Callable[[], Iterable[Line]],
    *,
    unseen: Callable[[str, str, str], Line] = failure,
) -> Iterator[Line]:
    """The lines of a check; one that could not be made is a line as well, of the level `unseen`."""
    try:
        yield from check()
    except PivotrError as error:
        yield unseen(subject, f"Could not be looked at: {error.sentence}", error.hint)


def worst(lines: Iterable[Line]) -> Level:
    """The level of the worst line."""
    return max((line.level for line in lines), key=_ORDER.index, default="ok")


def of_domain(domain: str, *, missing: Sequence[str], is_unknown: bool, policy: str) -> Line:
    """What receivers look for in the DNS of a sending domain: SPF, DKIM, DMARC."""
    subject = f"dns {domain}"
    if is_unknown:
        return warning(subject, "Its records could not be found out.", "Try again later.")
    if missing:
        says = f"has no {', no '.join(missing)}: many receivers refuse such mails."
        return warning(subject, says, "What to publish: docs/reputation.md")
    return ok(subject, f"SPF, DKIM, DMARC ({policy or 'no policy'})")


def may_sns_write(policy: str) -> bool:
    """Whether a queue policy lets SNS send; its conditions are left to AWS."""
    statements = json.loads(policy or "{}").get("Statement", ())
    for one in [statements] if isinstance(statements, dict) else statements:
        principal = one.get("Principal") or ""
        services = principal.get("Service", "") if isinstance(principal, dict) else principal
        if one.get("Effect") == "Allow" and ("sns.amazonaws.com" in services or services == "*"):
            return True
    return False
