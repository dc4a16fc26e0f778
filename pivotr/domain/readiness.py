"""What forbids or warns of the start of a campaign, each in a sentence of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pivotr.domain.senders import Sender
from pivotr.domain.spintax import OF_SENDERS
from pivotr.domain.spintax_parser import name_key
from pivotr.errors import InvalidInput, Misconfigured, PivotrError
from pivotr.settings import Settings

Severity: TypeAlias = Literal["refusal", "warning"]

#: Refusals that no change of the campaign heals: the account or its set-up is at fault.
_OF_THE_SET_UP = frozenset({"unverified", "no-way-out", "ses-sandbox", "sending-off"})
#: Local parts of mailboxes that say of themselves that nobody reads them.
_UNREAD = frozenset({"noreply", "donotreply", "nicht-antworten", "nepasrepondre"})
#: Why members of the lists are left out → how a refusal counts them.
_LEFT_OUT = {
    "suppressed": "suppressed or stopped",
    "busy": "waiting in another campaign",
    "state": "in another state than asked for",
    "filter": "kept out by its filters",
    "no basis": "without source or basis",
    "mailed recently": "mailed too recently",
    "enrolled": "enrolled already",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One finding; `code` is stable, `hint` names the command that helps."""

    severity: Severity
    code: str
    sentence: str
    hint: str = ""

    @property
    def error(self) -> PivotrError:
        """The error that a refused start raises."""
        kind = Misconfigured if self.code in _OF_THE_SET_UP else InvalidInput
        return kind(self.sentence, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A lead for whom a text may need values that it does not have, nor the template a fallback."""

    address: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a campaign may start. `audience` counts those who would be written to.

    `is_whole` False: a long audience was looked at in part, and every figure is about that part.
    """

    campaign: str
    audience: int
    is_whole: bool
    remarks: tuple[Remark, ...]
    lacking: tuple[Lacking, ...] = ()

    @property
    def refusals(self) -> tuple[Remark, ...]:
        """What forbids the start."""
        return tuple(remark for remark in self.remarks if remark.severity == "refusal")

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """What is worth knowing before it."""
        return tuple(remark for remark in self.remarks if remark.severity == "warning")


def refusal(code: str, sentence: str, hint: str = "") -> Remark:
    """A finding that forbids the start."""
    return Remark("refusal", code, sentence, hint)


def warning(code: str, sentence: str, hint: str = "") -> Remark:
    """A finding that does not."""
    return Remark("warning", code, sentence, hint)


def is_unread(address: str) -> bool:
    """True for no-reply@ and its like: a request to unsubscribe by mail would reach nobody."""
    local = address.partition("@")[0].partition("+")[0].lower()
    return local.replace("-", "").replace("_", "").replace(".", "") in _UNREAD or local in _UNREAD


def nobody(name: str, lists: Iterable[str], left_out: Mapping[str, int]) -> Remark:
    """The refusal of a campaign without audience, with the reasons counted."""
    names = list(lists)
    if not left_out:
        return refusal(
            "empty-audience",
            f"“{name}” has nobody to write to: the list {', '.join(names)} is empty.",
            f"Import leads first: pivotr leads import leads.csv --list {names[0]}",
        )
    told = ", ".join(f"{count} {_LEFT_OUT.get(why, why)}" for why, count in sorted(left_out.items()))
    return refusal(
        "empty-audience",
        f"“{name}” has nobody to write to: of its lists everybody is left out ({told}).",
        f"Look at them: pivotr leads list --list {names[0]}",
    )


def share(count: int, whole: int) -> str:
    """`12 of 40 leads`."""
    return f"{count:,} of {whole:,} {'lead' if whole == 1 else 'leads'}"


def basis_required(count: int, list_name: str) -> Remark:
    """The refusal where the operator demands a basis and members have none."""
    return refusal(
        "no-basis",
        f"{count:,} {'lead has' if count == 1 else 'leads have'} no source, or no basis, and "
        "basis.required forbids to write to them.",
        "Import their file again with --source and --basis, or make the campaign with --basis: "
        f"pivotr leads list --list {list_name}",
    )


def without_basis(count: int, audience: int) -> Remark:
    """The warning where nobody knows why people may be written to."""
    return warning(
        "no-basis",
        f"{share(count, audience)} {'has' if count == 1 else 'have'} no source, or no basis: nobody could "
        "prove why they may be written to.",
        "Import their file again with --source and --basis. To forbid it: "
        "pivotr settings set basis.required yes",
    )


def lacking_values(lacking: Iterable[Lacking], audience: int, campaign: str) -> Remark:
    """The warning about leads that will be skipped, or may be."""
    found = list(lacking)
    names = ", ".join(sorted({name for one in found for name in one.variables}))
    return warning(
        "missing-values",
        f"{share(len(found), audience)} {'lacks' if len(found) == 1 else 'lack'} a value that the text has "
        f"no fallback for ({names}): who turns out to need it is skipped.",
        f"Name them: pivotr campaign check {campaign} --leads",
    )


def without_sender_value(template: str, variable: str, sender: str) -> Remark | None:
    """The refusal where a text needs what its mailbox or the account does not have; None for other names."""
    found = OF_SENDERS.get(name_key(variable))
    if found is None:
        return None
    lack, command = found
    return refusal(
        "no-sender-value",
        f"Template {template} needs {{{{{variable}}}}}, and {lack.format(sender)}: each mail from {sender} "
        "would be left out.",
        f"Give it: {command.format(sender)}. Or write a fallback: {{{{{variable}|…}}}}",
    )


def no_room_for_copies(sender: Sender, campaign: str) -> Remark:
    """The refusal where a mailbox's share of the daily cap is below the recipients of one mail."""
    return refusal(
        "copies",
        f"Each mail of {sender.address} has {1 + len(sender.cc)} recipients, and its share of the daily cap "
        "is smaller: it would never send.",
        f"Raise it: pivotr campaign update {campaign} --cap N. Or: pivotr sender update "
        f"{sender.address} --cc none",
    )


def of_way_out(settings: Settings, senders: Iterable[Sender]) -> Iterator[Remark]:
    """The way out that the mails would carry: a link, or a mailbox that somebody reads."""
    if settings.public_url:
        return
    unread = [one.address for one in senders if is_unread(one.reply_to or one.address)]
    if unread:
        yield refusal(
            "no-way-out",
            f"Nobody could unsubscribe from the mails of {', '.join(unread)}: there is no public address for "
            "links, and the mailbox says that nobody reads it.",
            "Set PIVOTR_PUBLIC_URL, or an address that is read: "
            f"pivotr sender update {unread[0]} --reply-to ADDRESS",
        )
    elif settings.env in ("dev", "production"):
        yield refusal(
            "no-way-out",
            "The mails would carry no link to unsubscribe: PIVOTR_PUBLIC_URL is not set.",
            "Set it to the address of the deployment: pivotr outputs",
        )


def of_account(env: str, *, is_sending: bool, is_production: bool) -> Iterator[Remark]:
    """What the provider's account forbids. An emulator is always in its sandbox, and nobody is hurt."""
    if env == "sandbox":
        return
    if not is_sending:
        yield refusal(
            "sending-off",
            "The provider takes no mail of this account: its sending is paused.",
            "Look for its mail or into its console; nothing here can lift that.",
        )
    if not is_production:
        yield refusal(
            "ses-sandbox",
            "SES still holds this account in its sandbox: mails reach verified addresses only.",
            "Ask AWS for production access in this Region. A test goes out all the same: "
            "pivotr campaign test-send ID --to ADDRESS",
        )


def unverified(env: str, addresses: Sequence[str]) -> Remark:
    """The refusal for senders that the provider would not send from."""
    if env == "sandbox":
        advice = f"The emulator takes your word for it: {verified_there(addresses[0])}"
    else:
        advice = "Verify address or domain at the provider, in the region of PIVOTR_REGION; then try again."
    return refusal(
        "unverified",
        f"The provider has verified neither {', '.join(addresses)} nor the domain: it would send no mail "
        "from there.",
        advice,
    )


def verified_there(address: str) -> str:
    """The command that makes a rehearsal send from the domain of an address."""
    return f"pivotr sandbox verify {address.rpartition('@')[2]}"


def without_records(domain: str, missing: Sequence[str]) -> Remark:
    """The warning about what receivers look for in the DNS of a sending domain and do not find."""
    return warning(
        "dns",
        f"{domain} has no {' and no '.join(missing)} record: many receivers refuse its mails or take them "
        "for spam.",
        "What to publish: docs/deliverability.md",
    )
