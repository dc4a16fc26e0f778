"""What MyEmailVerifier's answers mean. Its documents and its servers differ, so both readings are accepted.

Status words come with capitals, blanks, `-` or `_`; flags as "true", true, 1 or "1"; an error as any status
with words in capitals somewhere in the body, HTTP 200 included. `Diagnosis` is free text for people.
"""

from __future__ import annotations

import re
from typing import Any

from pivotr.ports.verifier import Verdict, Verification

_BLANKS = re.compile(r"[\s_-]+")
_BAD_ADDRESS = re.compile(r"INVALID_E_?MAIL|(?:E_?MAIL|ADDRESS).{0,12}(?:INVALID|NOT_VALID|MALFORMED)")
_LONGEST = 200

#: Status word without capitals, blanks, `-` and `_` → verdict and the flag that it brings. Others: unknown.
_STATUS: dict[str, tuple[Verdict, str]] = {
    "valid": ("valid", ""),
    "invalid": ("invalid", ""),
    "unknown": ("unknown", ""),
    "risky": ("risky", ""),
    "catchall": ("risky", "catch_all"),
    "disposable": ("risky", "disposable"),
    "rolebased": ("valid", "role"),
    "greylisted": ("unknown", "greylisted"),
    "spamtrap": ("invalid", "spam_trap"),
}

#: Attribute → flag.
_FLAGS = {
    "catch_all": "catch_all",
    "Disposable_Domain": "disposable",
    "Role_Based": "role",
    "Free_Domain": "free",
    "Greylisted": "greylisted",
}

#: What a flag makes of an address whose status is "Valid" all the same; the first that is set counts.
_DOUBTS: tuple[tuple[str, Verdict], ...] = (
    ("greylisted", "unknown"),
    ("catch_all", "risky"),
    ("disposable", "risky"),
)


def verification(answer: dict[str, Any], secret: str) -> Verification | None:
    """The verdict; None where the answer holds none. `secret` is taken out of every text."""
    if is_error(answer):
        return None
    word = _BLANKS.sub("", str(answer["Status"])).lower()
    verdict, brought = _STATUS.get(word, ("unknown", ""))
    flags = {flag for name, flag in _FLAGS.items() if _is_set(answer.get(name))}
    if brought:
        flags.add(brought)
    if verdict == "valid":
        verdict = next((doubt for flag, doubt in _DOUBTS if flag in flags), verdict)
    detail = text_of({"Diagnosis": answer.get("Diagnosis", "")}, secret)
    if word not in _STATUS:
        detail = f"unrecognised status {_clean(str(answer['Status']), secret)!r}: {detail}".rstrip(": ")
    return Verification(verdict, frozenset(flags), detail)


def is_error(answer: dict[str, Any]) -> bool:
    """Whether this is no verdict: no status word, or an error code other than 0."""
    status = answer.get("Status")
    if not isinstance(status, str) or not status.strip():
        return True
    return str(answer.get("error_code") or "0") != "0"


def credit_count(answer: dict[str, Any]) -> int | None:
    """The credits of an answer, which come as a number or a text; None where there are none to be read."""
    value = answer.get("credits", answer.get("Credits"))
    try:
        return max(0, int(float(str(value).replace(",", ""))))
    except (ValueError, OverflowError):
        return None


def is_out_of_credits(answer: dict[str, Any]) -> bool:
    """Whether the vendor wants to be paid."""
    return "INSUFFICIENT_CREDITS" in _codes(answer)


def is_key_refused(answer: dict[str, Any]) -> bool:
    """Whether the vendor does not know the key."""
    return "INVALID_API_KEY" in _codes(answer)


def is_rate_limited(answer: dict[str, Any]) -> bool:
    """Whether the vendor wants to be asked more slowly."""
    return "RATE_LIMIT_EXCEEDED" in _codes(answer)


def blames_address(answer: dict[str, Any]) -> bool:
    """Whether an error is about this address, not about our call."""
    return _BAD_ADDRESS.search(_codes(answer)) is not None


def text_of(answer: dict[str, Any], secret: str) -> str:
    """All texts of an answer in one line of at most 200 characters."""
    return _clean(" ".join(_texts(answer)), secret)


def _codes(answer: dict[str, Any]) -> str:
    """The texts of an answer that is no verdict, so that a diagnosis is never taken for an error."""
    if not is_error(answer):
        return ""
    return _BLANKS.sub("_", " ".join(_texts(answer))).upper()


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _is_set(value: object) -> bool:
    return str(value).strip().lower() in ("true", "1", "1.0", "yes")


def _clean(text: str, secret: str) -> str:
    line = " ".join(text.split())
    return (line.replace(secret, "***") if secret else line)[:_LONGEST]
