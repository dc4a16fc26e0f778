"""The mails among the log entries of a lead."""

from __future__ import annotations

from collections.abc import Callable

from pivotr.domain.reports import MailView
from pivotr.ports.table import Item


def mails_of(entries: list[Item], address_of: Callable[[str], str]) -> list[MailView]:
    """The mails among a lead's log entries, oldest first, each with what came back."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in entries:
        attempt, _, rest = item["timestamp"].partition("#")
        if rest and item["timestamp"].count("#") != 2 or item["kind"] in ("opened", "clicked", "delayed"):
            groups.setdefault((item["campaignId"], attempt), []).append(item)
    mails: list[MailView] = []
    for (campaign, _), items in groups.items():
        ends = [item for item in items if item["kind"] in ("sent", "unconfirmed", "failed", "released")]
        if not ends:
            continue
        told = next((item for item in ends if item["kind"] == "sent"), ends[-1])
        events = tuple((item["kind"], item["at"]) for item in items if item is not told)
        mails.append(
            MailView(
                campaign=campaign,
                step=int(told.get("step", 0)),
                sender=address_of(told.get("sender", "")),
                at=told["at"],
                template=told.get("template", ""),
                version=int(told.get("version", 0)),
                outcome=told["kind"],
                events=events,
            )
        )
    return sorted(mails, key=lambda mail: mail.at)
