"""Suppressions by an operator: addresses and whole domains that no campaign writes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from pivotr.domain.addresses import judge
from pivotr.domain.exports import csv_line, neutral
from pivotr.domain.instants import to_text
from pivotr.domain.leads import Lead, lead_id
from pivotr.domain.suppression import Reason, Suppression, domain_key
from pivotr.domain.suppression_files import read_lines
from pivotr.domain.texts import one_line
from pivotr.errors import Conflict, InvalidInput, Misconfigured, NotFound
from pivotr.ports.clock import Clock
from pivotr.ports.mailer import AccountList
from pivotr.ports.table import Change, Table, TransactionCancelled, Update, Write
from pivotr.storage import conditions, log, suppressions, transactions
from pivotr.storage.codec import lead_from
from pivotr.storage.lanes import Lanes
from pivotr.storage.leads import Leads
from pivotr.storage.recent import Recent
from pivotr.storage.schema import ACCOUNT
from pivotr.storage.stopping import stop
from pivotr.storage.suppressions import Suppressions as Store

#: Reasons that a person has given: lifting them needs an explicit word.
_ASKED_FOR: tuple[Reason, ...] = ("unsubscribe", "complaint")
#: Reasons that the list of a provider knows.
_OF_PROVIDERS: tuple[Reason, ...] = ("bounce", "complaint")
#: Entries of a provider's list that are looked up together.
_SLICE = 500
_FILE_COLUMNS = ("address", "reason", "source", "actor", "at", "key")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file of suppressions brought: new ones, those known already, and lines that hold no address."""

    added: int
    known: int
    rejected: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """What a comparison with the provider's list brought, or would bring.

    `taken` were new here, `known` were here already, `unusable` are no addresses that we could write to;
    `given` were new there, `lacking` are those bounces and complaints of ours that are not there (yet).
    """

    taken: int
    known: int
    unusable: int
    given: int
    lacking: int
    is_dry_run: bool


class Suppressions:
    """Add, remove, look up."""

    def __init__(
        self,
        *,
        table: Table,
        clock: Clock,
        recent: Recent,
        key: bytes,
        account_list: Callable[[], AccountList | None] = lambda: None,
    ) -> None:
        """`account_list` gives the provider's own list, where it has one."""
        self._account_list = account_list
        self._table = table
        self._clock = clock
        self._recent = recent
        self._key = key
        self._store = Store(table, key)
        self._leads = Leads(table)

    def add(
        self, target: str, *, reason: Reason = "operator", source: str = "", actor: str = "", at: str = ""
    ) -> tuple[Suppression, int]:
        """Suppress an address or `@domain`, and stop the leads it holds for, each in one transaction with it.

        Returns the suppression that holds now (an older one stays) and how many leads it stopped. A mail that
        is being sent at this instant still goes out. Raises InvalidInput.
        """
        email, domain = _split(target)
        key = domain_key(domain) if domain else self._store.key_of(email)
        known = self._store.get(key)
        suppression = known or Suppression(
            key=key, reason=reason, source=source, actor=actor, at=at or to_text(self._clock.now()),
            email=email or key,
        )  # fmt: skip
        if domain:
            return suppression, self._suppress_domain(suppression, actor, is_new=known is None)
        lead = self._leads.get(lead_id(self._key, email), consistent=True)
        is_stopped = self._stop(lead.id if lead else lead_id(self._key, email), suppression, actor)
        return suppression, int(is_stopped)

    def remove(self, target: str, *, force: bool = False, actor: str = "") -> int:
        """Lift a suppression; leads that it stopped may be enrolled again. Returns how many those are.

        What a person asked for (unsubscribe, complaint) is lifted with `force` only, else Conflict.
        Raises NotFound, InvalidInput.
        """
        email, domain = _split(target)
        key = domain_key(domain) if domain else self._store.key_of(email)
        known = self._store.get(key)
        if known is None:
            raise NotFound(f"{target} is not suppressed.", hint="See all with: pivotr suppress list")
        if known.reason in _ASKED_FOR and not force:
            said = "unsubscribed" if known.reason == "unsubscribe" else "complained"
            raise Conflict(
                f"{target} {said}; writing again may be against the law.",
                hint=f"If the person has asked for it: pivotr suppress remove {target} --force",
            )
        writes: list[Write] = [self._store.removal(key), self._entry("unsuppressed", target, known, actor)]
        if domain:
            writes.append(suppressions.domain_forgotten(key[1:]))
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        if not domain:
            lead = self._leads.get(lead_id(self._key, email), consistent=True)
            return int(lead is not None and self._free(lead))
        mark = _mark(known)
        return sum(self._free(lead) for lead in self._at(key[1:]) if lead.reason == mark)

    def all(self) -> list[Suppression]:
        """Every suppression, newest first."""
        return self._store.all()

    def page(self, *, limit: int, cursor: str = "") -> tuple[list[Suppression], str]:
        """Some suppressions in no promised order, and the cursor behind them, empty at the end."""
        return self._store.page(limit=limit, cursor=cursor)

    def check(self, address: str) -> Suppression | None:
        """What suppresses an address (or `@domain`), or None. Raises InvalidInput."""
        email, domain = _split(address)
        return self._store.get(domain_key(domain)) if domain else self._store.find(email)

    def take_file(self, lines: Iterable[str], *, source: str = "", actor: str = "") -> Taken:
        """Suppress every address or @domain of a CSV text, each for the reason that its line gives.

        Nothing stops at a bad line: it is reported with its number.
        """
        added = known = 0
        rejected: list[tuple[int, str]] = []
        for line in read_lines(lines):
            if not line.target:
                rejected.append((line.number, "no address"))
                continue
            try:
                is_known = self.check_own(line.target) is not None
                self.add(line.target, reason=line.reason, source=source, actor=actor)
            except InvalidInput as error:
                rejected.append((line.number, error.sentence))
                continue
            known += is_known
            added += not is_known
        return Taken(added, known, tuple(rejected))

    def sync(self, *, push: bool = False, is_dry_run: bool = False, actor: str = "") -> Synced:
        """Take over what the provider's own list suppresses; with `push` give it our bounces and complaints.

        Unsubscriptions stay here: the provider's list knows no such reason, and to call them complaints would
        be untrue. Nothing is ever taken off either list. Raises Misconfigured where the provider has no list,
        Unavailable.
        """
        listed = self._account_list()
        if listed is None:
            raise Misconfigured(
                "The mailer of this environment has no suppression list of its own.",
                hint="SES has one: PIVOTR_MAILER=ses, or --env dev.",
            )
        there: set[str] = set()
        taken = known = unusable = 0
        entries = listed.entries()
        while chunk := list(islice(entries, _SLICE)):
            usable = {
                self._store.key_of(verdict.normalized): (verdict.normalized, one)
                for one in chunk
                if (verdict := judge(one.address)).verdict == "valid"
            }
            unusable += len(chunk) - len(usable)
            there.update(usable)
            present = self._store.present(list(usable))
            known += len(present)
            for key, (address, one) in usable.items():
                if key in present:
                    continue
                taken += 1
                if not is_dry_run:
                    self.add(address, reason=one.reason, source="ses", actor=actor, at=one.at)
        ours = [one for one in self._store.all() if one.key not in there and not one.is_domain]
        missing = [(one.email, one.reason) for one in ours if one.email and one.reason in _OF_PROVIDERS]
        given = 0
        for address, reason in missing if push and not is_dry_run else ():
            listed.put(address, "complaint" if reason == "complaint" else "bounce")
            given += 1
        return Synced(taken, known, unusable, given, len(missing) - given, is_dry_run)

    def check_own(self, target: str) -> Suppression | None:
        """The entry of exactly this address or @domain. Raises InvalidInput."""
        email, domain = _split(target)
        return self._store.get(domain_key(domain) if domain else self._store.key_of(email))

    def as_csv(self) -> Iterator[str]:
        """All suppressions as lines of a CSV file that `take_file` reads."""
        yield _line(_FILE_COLUMNS)
        for one in self._store.all():
            yield _line((one.email or "", one.reason, one.source, one.actor, one.at, one.key))

    def _suppress_domain(self, suppression: Suppression, actor: str, *, is_new: bool) -> int:
        domain = suppression.key[1:]
        writes: list[Write] = [suppressions.domain_known(domain)]
        if is_new:
            writes.append(suppressions.put(suppression))
            writes.append(self._entry("suppressed_domain", suppression.key, suppression, actor))
        transactions.run(self._table, writes, token=self._clock.token(), clock=self._clock)
        Lanes(self._table).note_all()
        return sum(self._stop(lead.id, suppression, actor) for lead in self._at(domain))

    def _stop(self, lead: str, suppression: Suppression, actor: str) -> bool:
        """Suppress and stop one lead; True where it had not been stopped before."""
        before = stop(
            self._table,
            lead,
            "unsubscribed",
            clock=self._clock,
            recent=self._recent,
            kind="suppressed",
            suppression=None if suppression.is_domain else suppression,
            reason=_mark(suppression),
            actor=actor,
        )
        return before is not None and before.status not in (
            "unsubscribed", "bounced", "complained", "deleted",
        )  # fmt: skip

    def _at(self, domain: str) -> Iterator[Lead]:
        cursor: str | None = None
        while True:
            page = self._leads.at_domain(domain, cursor=cursor)
            yield from (lead_from(item) for item in page.items)
            if (cursor := page.cursor) is None:
                return

    def _free(self, lead: Lead) -> bool:
        """Give a stopped lead back what it was; a lead whose mail is still open stays as it is."""
        if lead.status not in ("unsubscribed", "bounced", "complained") or lead.claim or lead.doubt:
            return False
        change = Change(set={"status": "sent" if lead.mailed_at else "new"}, remove=("reason", "soft"))
        write = Update("leads", (lead.id,), change, conditions.as_read(lead))
        try:
            transactions.run(self._table, [write], token=self._clock.token(), clock=self._clock)
        except TransactionCancelled:
            return False
        return True

    def _entry(self, kind: str, target: str, suppression: Suppression, actor: str) -> Write:
        now = self._clock.now()
        lead = "" if target.startswith("@") else lead_id(self._key, _split(target)[0])
        key = log.plain_key(now, self._clock.token(), lead or "domain", kind)
        reason = f"{target} ({suppression.reason})" if not lead else suppression.reason
        return log.entry(ACCOUNT, key, kind, at=now, lead=lead, actor=actor, reason=reason)


def _mark(suppression: Suppression) -> str:
    """The reason that a lead carries while a suppression of an operator holds for it."""
    return f"suppressed: {suppression.key}" if suppression.is_domain else f"suppressed: {suppression.reason}"


def _split(target: str) -> tuple[str, str]:
    """The address and the domain of what was given, one of them empty. Raises InvalidInput."""
    text = target.strip()
    if text.startswith("@"):
        if judge(f"someone{text}").verdict == "valid":
            return "", domain_key(text)[1:]
    else:
        verdict = judge(text)
        if verdict.verdict == "valid":
            return verdict.normalized, ""
    raise InvalidInput(
        f"“{target}” is neither an address nor a domain.",
        hint="Write someone@acme.example, or @acme.example for everybody there.",
    )


def _line(cells: Iterable[str]) -> str:
    """A line of CSV; `@acme.example` stays what `take_file` reads as a domain."""
    texts = [one_line(cell) for cell in cells]
    return csv_line([text if text.startswith("@") else neutral(text) for text in texts])
