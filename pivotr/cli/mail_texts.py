"""A mail as a person reads it: who, to whom, about what, and its text with everything under it."""

from __future__ import annotations


def readable(data: bytes) -> str:
    """From, To, Subject and the text part of a mail's bytes."""
    from email import message_from_bytes
    from email.policy import default

    mail = message_from_bytes(data, policy=default)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Subject"))
    return f"{head}\n\n{text.rstrip()}"
