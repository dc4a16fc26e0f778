"""The options of a campaign as they are written on the command line, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from pivotr.cli.context import services
from pivotr.domain import campaign_defaults

if TYPE_CHECKING:
    from pivotr.domain.campaigns import Campaign, Filters
    from pivotr.domain.steps import Step
    from pivotr.domain.verification import Policy
    from pivotr.domain.windows import Window as SendingWindow

Choice = Literal["send", "skip"]

Key = Annotated[str, typer.Argument(metavar="ID", help="Its id, or its name where only one has it.")]
Template = Annotated[
    str, typer.Option(metavar="NAME", help="Template of the first mail; NAME@2 fixes a version.")
]
Steps = Annotated[
    list[str] | None,
    typer.Option("--step", metavar="NAME+3d", help="A follow-up, business days later; repeat."),
]
Senders = Annotated[
    list[str], typer.Option("--sender", metavar="ADDRESS", help="Mailbox to send from; repeat to rotate.")
]
Lists = Annotated[list[str], typer.Option("--list", metavar="NAME", help="List to write to; repeat.")]
Window = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help='When mails may leave: "mon-fri 09:30-17:30 Europe/Berlin", or always (mon-fri 09:30-17:30). '
        "Without a zone it is that of the account.",
    ),
]
Cap = Annotated[int | None, typer.Option(metavar="N", help="Most mails a day (300).")]
Gap = Annotated[
    str | None, typer.Option(metavar="60-180", help="Seconds between two mails of a mailbox (60-180).")
]
CatchAll = Annotated[
    Choice | None, typer.Option("--catch-all", help="Domains that take mail for any name (skip).")
]
Unknown = Annotated[Choice | None, typer.Option(help="Addresses nobody could judge, twice (skip).")]
Role = Annotated[Choice | None, typer.Option(help="info@, sales@ and the like (send).")]
Disposable = Annotated[Choice | None, typer.Option(help="Mailboxes for a day (skip).")]
NotMailed = Annotated[
    int | None,
    typer.Option(
        "--not-mailed-within", metavar="DAYS", min=0, max=3650, help="Put off who was mailed so recently."
    ),
]
DomainCap = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Most mails a day to one domain; 0 for no limit.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="Only leads with it; repeat.")]
Types = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="Only cold, warm or hot leads; repeat.")
]
Statuses = Annotated[
    list[str] | None, typer.Option("--status", metavar="STATUS", help="Only leads in this state; repeat.")
]
Verdicts = Annotated[
    list[str] | None, typer.Option("--verdict", metavar="VERDICT", help="Only with this verdict; repeat.")
]
Sources = Annotated[
    list[str] | None, typer.Option("--source", metavar="TEXT", help="Only from this source; repeat.")
]
Bases = Annotated[
    list[str] | None, typer.Option("--basis", metavar="TEXT", help="Only with this basis; repeat.")
]
Imports = Annotated[
    list[str] | None, typer.Option("--import", metavar="ID", help="Only from this import; repeat.")
]
ExcludeMailed = Annotated[
    int | None,
    typer.Option(
        "--exclude-mailed-within",
        metavar="DAYS",
        min=0,
        max=3650,
        help="Leave out who was mailed so recently.",
    ),
]

DEFAULT_GAP = campaign_defaults.GAP
DEFAULT_CAP = campaign_defaults.CAP


def steps_of(template: str, follow_ups: Sequence[str]) -> list[Step]:
    """The sequence: the first mail and its follow-ups. Raises InvalidInput."""
    from pivotr.domain.steps import parse_step

    return [parse_step(template, first=True), *(parse_step(text, first=False) for text in follow_ups)]


def filters_of(
    *,
    tags: Sequence[str] | None,
    types: Sequence[str] | None,
    statuses: Sequence[str] | None,
    verdicts: Sequence[str] | None,
    sources: Sequence[str] | None,
    bases: Sequence[str] | None,
    imports: Sequence[str] | None,
    exclude_mailed_within: int | None,
) -> Filters:
    """Who of the lists belongs to the audience. Raises InvalidInput for a word that nothing can match."""
    from typing import get_args

    from pivotr.domain.campaigns import Filters
    from pivotr.domain.leads import ENROLLABLE, LeadType

    return Filters.model_validate(
        {
            "tags": tuple(tags or ()),
            "types": _known("--type", types, get_args(LeadType)),
            "statuses": _known("--status", statuses, ENROLLABLE),
            "verdicts": _known("--verdict", verdicts, ("valid", "risky", "unknown", "invalid")),
            "sources": tuple(sources or ()),
            "bases": tuple(bases or ()),
            "imports": tuple(imports or ()),
            "exclude_mailed_within_days": exclude_mailed_within or 0,
        }
    )


def policy_of(base: Policy, **choices: Choice | None) -> Policy:
    """A policy with the choices that were made."""
    return base.model_copy(update={name: choice for name, choice in choices.items() if choice is not None})


def window_of(text: str | None) -> SendingWindow:
    """What was written, else working hours; in the account's zone where no zone was written."""
    from pivotr.domain.windows import parse_window

    return parse_window(
        text or campaign_defaults.WINDOW, str(services().preferences.get("account.zone").value)
    )


def find(key: str) -> Campaign:
    """A campaign by id, or by name where only one has it. Raises NotFound, InvalidInput."""
    from pivotr.domain.texts import did_you_mean
    from pivotr.errors import InvalidInput, NotFound

    campaigns = services().campaigns
    try:
        return campaigns.get(key)
    except NotFound as error:
        every = list(campaigns.all())
        same = [one for one in every if one.name.casefold() == key.strip().casefold()]
        if not same:
            near = did_you_mean(key, [word for one in every for word in (one.id, one.name)])
            raise NotFound(error.sentence + near, hint=error.hint) from None
        if len(same) > 1:
            ids = ", ".join(one.id for one in same)
            raise InvalidInput(
                f"{len(same)} campaigns are called “{key}”.", hint=f"Use an id: {ids}"
            ) from None
        return same[0]


def _known(option: str, words: Sequence[str] | None, allowed: Sequence[str]) -> tuple[Any, ...]:
    from pivotr.errors import InvalidInput

    for word in words or ():
        if word not in allowed:
            raise InvalidInput(f"{option} cannot be “{word}”.", hint=f"Use one of: {', '.join(allowed)}.")
    return tuple(words or ())
