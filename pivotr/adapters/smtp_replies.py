"""What the refusals of SMTP servers mean for a mail: data first, one function that reads it.

The code says less than the text: SES, Gmail and Outlook answer 5xx for a used-up day, and Postfix refuses a
foreign sender only when it hears the recipient. So the text is asked first, then the stage and the code.
Sources: RFC 5321 4.2, RFC 4954 4.7 and 6; SES developer guide, "SMTP response codes returned by Amazon SES";
Gmail, "SMTP errors and codes"; Exchange Online, "sending limits"; Postfix, `reject_sender_login_mismatch`.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from pivotr.ports.mailer import AccountRefused, NotSent, Outcome, RecipientRejected, Unknown

Stage: TypeAlias = Literal["greeting", "hello", "starttls", "login", "sender", "recipient", "data", "end"]

#: The quota of the day is used up, whatever the code.
_QUOTA = re.compile(
    r"\bdaily\b.{0,40}\b(?:quota|limit)\b|\bsending (?:quota|limit)\b|submissionquotaexceeded|\b5\.4\.5\b",
    re.I,
)

#: This sender may not be used on this account (Postfix and Exchange say so to the recipient or to the data).
_SENDER = re.compile(r"sender address rejected|not owned by user|sendasdenied|not allowed to send as", re.I)

#: The set-up: every other mail would be refused alike, even where the recipient's turn brings it to light.
_SET_UP = re.compile(
    r"(?:^|\d )authentication (?:is )?required|must issue a starttls|unable to relay"
    r"|relay(?:ing)? (?:access )?(?:is )?(?:denied|prohibited|not (?:permitted|allowed))",
    re.I,
)

#: The account; said to a recipient, the same words speak of the recipient's account.
_ACCOUNT = re.compile(
    r"not authorized to perform|sending (?:is )?(?:paused|suspended)|failed the check|configuration set\b"
    r"|account (?:is |has been )?(?:suspended|disabled|blocked)",
    re.I,
)

#: Codes about the login (RFC 4954 and RFC 5321): 530 login required, 534, 535, 538 refused.
_LOGIN_CODES = (530, 534, 535, 538)

_LONGEST = 300


def outcome(stage: Stage, code: int, text: str) -> Outcome:
    """What a reply other than the one that was hoped for means. `text` is shown to the operator as it is."""
    said = f"The mail server answered {code} {text}".rstrip()
    if 400 <= code < 600:
        if _QUOTA.search(text):
            return NotSent("quota", said)
        if code >= 500:
            return _refused(stage, code, text, said)
        return NotSent("unreachable" if stage == "starttls" else "throttled", said)
    if stage == "end":
        return Unknown(said)
    return NotSent("unreachable", said)


def _refused(stage: Stage, code: int, text: str, said: str) -> Outcome:
    if code in _LOGIN_CODES or _SET_UP.search(text):
        return AccountRefused("account", said)
    if _SENDER.search(text):
        return AccountRefused("sender", said)
    if stage == "recipient":
        return RecipientRejected(said)
    if stage in ("greeting", "hello", "starttls", "login") or _ACCOUNT.search(text):
        return AccountRefused("account", said)
    if stage == "sender" and code != 552:  # 552: this mail is too large
        return AccountRefused("sender", said)
    return RecipientRejected(said)


def one_line(reply: bytes) -> str:
    """A reply as one line of at most 300 characters; bytes that are not UTF-8 become U+FFFD."""
    return " ".join(reply.decode("utf-8", "replace").split())[:_LONGEST]
