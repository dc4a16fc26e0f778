"""The five collaborators of one environment, as the services take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.errors import Misconfigured

if TYPE_CHECKING:
    from pivotr.ports.alarms import Alarms
    from pivotr.ports.clock import Clock
    from pivotr.ports.domains import Domains
    from pivotr.ports.files import Files
    from pivotr.ports.mailbox import Mailbox
    from pivotr.ports.mailer import AccountList, Identities, Mailer
    from pivotr.ports.queues import Queues
    from pivotr.ports.secret_store import SecretStore
    from pivotr.ports.table import Table
    from pivotr.ports.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Secrets:
    """Key material of one environment."""

    lead: bytes
    unsubscribe: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass
class Ports:
    """The five collaborators; a worker never builds those that it does not use."""

    table: Table
    queues: Queues
    clock: Clock
    make_mailer: Callable[[], Mailer]
    make_verifier: Callable[[], Verifier]
    make_secrets: Callable[[], Secrets]
    #: Work of the embedded environment between two jobs, such as announcing mails; returns how much was done.
    chores: tuple[Callable[[], int], ...] = ()
    close: Callable[[], None] = lambda: None
    #: What is asked before a start and never while mails leave; None where there is nobody to ask.
    make_identities: Callable[[], Identities | None] = lambda: None
    make_account_list: Callable[[], AccountList | None] = lambda: None
    make_domains: Callable[[], Domains | None] = lambda: None
    #: A place for files that are too large for a request.
    make_files: Callable[[], Files | None] = lambda: None
    make_secret_store: Callable[[], SecretStore | None] = lambda: None
    #: Who is told of alarms, and where mails come in; None where there is nobody and nothing.
    make_alarms: Callable[[], Alarms | None] = lambda: None
    make_mailbox: Callable[[], Mailbox | None] = lambda: None
    #: An object of a bucket, by bucket and key: mails that SES has received and stored.
    read_stored: Callable[[str, str], bytes] | None = None

    @cached_property
    def mailer(self) -> Mailer:
        """The mailer, made on first use."""
        return self.make_mailer()

    @cached_property
    def verifier(self) -> Verifier:
        """The verifier, made on first use."""
        return self.make_verifier()

    @cached_property
    def secrets(self) -> Secrets:
        """The keys, read on first use."""
        return self.make_secrets()

    @cached_property
    def secret_store(self) -> SecretStore:
        """Where secrets are kept. Raises Misconfigured where there is no such place."""
        store = self.make_secret_store()
        if store is None:
            raise Misconfigured("This environment keeps no secrets.")
        return store
