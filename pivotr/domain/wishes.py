"""What a person asks for in an answer: no more mails, clearly or perhaps.

Clear is only what says nothing else: a short sentence that is a request to stop and not its opposite.
Everything that merely holds such words is for a person to read.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Wish: TypeAlias = Literal["stop", "perhaps", "none"]

_POLITE = (
    r"(?:\b(?:please|pls|plz|kindly|hi|hello|hey|dear|sir|madam|team|all|thanks|thank you|and|just"
    r"|not interested|i am not interested|i'm not interested|we are not interested"
    r"|can you|could you|would you|i want to|i want you to|i would like to|i would like you to|i'd like to"
    r"|i'd like you to)\b\W*)*"
)
_AFTER = (
    r"(?:\W*\b(?:any ?more|again|immediately|now|asap|at once|today|from now on|thanks|thank you|please"
    r"|regards|best|cheers)\b)*\W*"
)
_MAILS = r"(?:e-?mails?|mails?|messages?|mailings?|communications?|newsletters?|spam)"
_ME = r"(?:me|us|my (?:e-?mail|address|name|data)(?: (?:address|id))?|this (?:e-?mail|address))"
_LIST = (
    r"(?: (?:from|off|of|out of) (?:your|the|this|all|any) (?:\w+ ){0,2}"
    rf"(?:lists?|database|contacts|records|crm|{_MAILS}))?"
)
_STOP = (
    r"(?:sending|writing|mailing|e-?mailing|contacting|messaging)(?: (?:me|us|to me|to us))?"
    rf"(?: (?:these|any more|such|your|more))?(?: {_MAILS})?"
)
_WRITE = r"(?:contact|e-?mail|mail|write|write to|message|send|reach out to)"
_CORE = (
    rf"(?:un-?subscribe(?: {_ME})?{_LIST}"
    rf"|(?:remove|delete|drop|take) {_ME}(?: (?:off|out))?{_LIST}"
    r"|opt(?:[ -]?out| me out)"
    rf"|stop(?: (?:it|this|{_STOP}|{_MAILS}))?"
    rf"|(?:do not|don'?t|never) {_WRITE} (?:me|us)(?: (?:any (?:more )?)?{_MAILS})?"
    rf"|no more {_MAILS}"
    r"|(?:i )?(?:do not|don'?t) (?:want|wish) (?:to (?:receive|get) )?"
    rf"(?:these|any|any more|your|more|such|further) ?{_MAILS})"
)
_CLEAR = re.compile(rf"\W*{_POLITE}{_CORE}{_AFTER}", re.IGNORECASE)
_PERHAPS = re.compile(
    r"un-?subscri|opt[ -]?out|remove (?:me|us|my)|(?:take|get) (?:me|us) off|off your list|no more e?-?mails?"
    r"|stop (?:send|writ|mail|e-?mail|contact|messag|spam)"
    r"|(?:do not|don'?t|never) (?:contact|e-?mail|mail|write)"
    r"|delete my|gdpr|dpdp|spam|legal action|report you|abmelden|austragen|désabonn|desinscri|darse de baja",
    re.IGNORECASE,
)
_GREETING = re.compile(r"(?:hi|hello|hey|dear)\b[^.!?,]{0,40}[,!.]?", re.IGNORECASE)
#: Longer texts say more than one thing.
_SHORT_WORDS = 25


def wish_of(subject: str, text: str) -> Wish:
    """What subject and own words of an answer ask for."""
    plain, own_subject = _plain(text), _plain(subject)
    words = _first_paragraph(plain)
    is_short = len(plain.split()) <= _SHORT_WORDS
    if is_short and words and _CLEAR.fullmatch(words):
        return "stop"
    if _CLEAR.fullmatch(own_subject) and not words:
        return "stop"
    return "perhaps" if _PERHAPS.search(plain) or _PERHAPS.match(own_subject) else "none"


def _first_paragraph(text: str) -> str:
    """The first paragraph that is no greeting: what follows it is a name."""
    for paragraph in re.split(r"\n\s*\n", text):
        joined = " ".join(paragraph.split())
        if joined and not _GREETING.fullmatch(joined):
            return joined
    return ""


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("“", '"').replace("”", '"').strip()
