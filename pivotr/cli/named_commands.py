"""Commands that a hint names, told so that they reach the environment of the command that gives the hint."""

from __future__ import annotations

import re

#: A command in a sentence: up to a backtick, the end of its line, or what ends or goes on with the sentence.
#: What is left out exists on this machine only, whatever the environment.
_COMMAND = re.compile(
    r'\bpivotr (?!sandbox\b|demo\b|run\b|api\b)(?:-v )?[a-z](?:"[^"\n]*"|[^`"\n])*?'
    r"(?=`|$|[.,;:)](?:\s|$)| \(| and |  )",
    re.MULTILINE,
)


def addressed(text: str, env: str | None) -> str:
    """The text with `--env NAME` at each command in it, where the operator gave it as well.

    Where a variable or a file names the environment, a command reaches it without.
    """
    if not env or "--env" in text:
        return text
    return _COMMAND.sub(
        lambda found: found[0] if found[0].endswith("--help") else f"{found[0]} --env {env}", text
    )
