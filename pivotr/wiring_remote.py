"""Services by the HTTP API, for an operator without access to the tables: `PIVOTR_API_URL`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pivotr.remote.nouns import needs_tables
from pivotr.settings import Settings, read_dotenv

if TYPE_CHECKING:
    from collections.abc import Callable

    from pivotr.client import Pivotr, Signer
    from pivotr.ports.clock import Clock
    from pivotr.wiring import Services

_TOKEN = "PIVOTR_API_TOKEN"  # noqa: S105 - the name of a variable


class RemotePorts:
    """The clock of this machine; every other collaborator is on the other side of the API."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.close: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise needs_tables()


class RemoteServices:
    """The counterparts of `wiring.Services`; what is not here raises Misconfigured when it is asked for."""

    def __init__(self, settings: Settings, api: Pivotr, ports: RemotePorts) -> None:
        from pivotr.remote import account, campaigns, imports, leads, mail, outlook

        self.settings = settings
        self.ports = ports
        self._api = api
        behind = (api, ports.clock.now)
        self.leads = leads.Leads(*behind)
        self.erasing = leads.Erasing(*behind)
        self.lists = leads.Lists(*behind)
        self.suppressions = leads.Suppressions(*behind)
        self.logs = leads.Logs(*behind)
        self.imports = imports.Imports(*behind)
        self.past_imports = imports.PastImports(*behind)
        self.campaigns = campaigns.Campaigns(*behind)
        self.transitions = campaigns.Transitions(*behind)
        self.readiness = outlook.Checks(*behind)
        self.forecasts = outlook.Forecasts(*behind)
        self.explaining = outlook.Explaining(*behind)
        self.previews = outlook.Previews(*behind)
        self.test_sends = outlook.TestSends(*behind)
        self.templates = mail.Templates(*behind)
        self.senders = mail.Senders(*behind)
        self.metrics = account.Metrics(*behind)
        self.preferences = account.OperatorSettings(*behind)
        self.recent = account.Recent(*behind)
        self.dead_letters = account.DeadLetters(*behind)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise needs_tables()

    @cached_property
    def environment(self) -> str:
        """The name of the environment behind the API."""
        return self._api.health().environment

    def sees_bounces(self) -> bool:
        """True: whether somebody hears of bounces there, the check before a start tells."""
        return True


def connect_remote(settings: Settings, environ: Mapping[str, str]) -> Services:
    """The services behind the API at `settings.api_url`. Opens and makes nothing on this machine."""
    from pivotr.adapters.system_clock import SystemClock
    from pivotr.client import Pivotr

    api = Pivotr(settings.api_url, signer_of(settings, environ))
    return cast("Services", RemoteServices(settings, api, RemotePorts(SystemClock())))


def signer_of(settings: Settings, environ: Mapping[str, str]) -> Signer | None:
    """What proves who calls: the token of PIVOTR_API_TOKEN, else an AWS signature, else nothing."""
    from pivotr.client import AwsSignature, Bearer

    token = environ.get(_TOKEN) or read_dotenv(Path(".env")).get(_TOKEN, "")
    if token:
        return Bearer(token)
    is_signed = settings.api_auth == "iam" or (not settings.api_auth and settings.env == "production")
    return AwsSignature(settings.region) if is_signed else None


def refuse_remote(settings: Settings) -> None:
    """For commands that drive or serve the tables. Raises Misconfigured where only the API is there."""
    if settings.api_url:
        raise needs_tables()


__all__ = ["RemoteServices", "connect_remote", "refuse_remote", "signer_of"]
