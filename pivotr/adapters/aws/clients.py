"""Botocore clients: made once per process for each service, on first use, with every limit spelled out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from pivotr.adapters.aws.faults import fault
from pivotr.errors import Misconfigured

#: Seconds to connect and to wait for an answer; botocore's own 60 s are twice a function's time-out.
CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
#: Connections kept open for one service: a function works on one thing at a time, `pivotr run` on several.
_POOL: Final = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """A pair of access keys given to us by name; without them botocore's own chain is asked."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


class Clients:
    """Where every client of AWS comes from.

    `region` is explicit, as nothing may depend on a file in somebody's home; `endpoint_url` names an emulator
    for all services; `credentials` win over botocore's chain (variables, profile, role).
    """

    def __init__(self, region: str, endpoint_url: str = "", credentials: Credentials | None = None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._session: botocore.session.Session | None = None
        self._made: dict[tuple[object, ...], Any] = {}
        self._lock = threading.Lock()

    def client(
        self,
        service: str,
        *,
        region: str | None = None,
        attempts: int = 3,
        connect: float = CONNECT_SECONDS,
        read: float = READ_SECONDS,
    ) -> Any:
        """The client of a service (`dynamodb`, `sqs`, `sesv2`, …); the same arguments give the same client.

        `attempts` counts the first one too: botocore's `total_max_attempts`, as its `max_attempts` = 1 sends
        twice. `connect` and `read` are seconds. Raises Misconfigured.
        """
        wanted = (service, region or self._region, attempts, connect, read)
        with self._lock:  # botocore's session is not made for several threads; its clients are
            if wanted not in self._made:
                self._made[wanted] = self._make(*wanted)
            return self._made[wanted]

    def _make(self, service: str, region: str, attempts: int, connect: float, read: float) -> Any:
        if not region:
            raise Misconfigured(
                "No AWS region is set.", hint="Set PIVOTR_REGION, or `region` in pivotr.toml, to yours."
            )
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            max_pool_connections=_POOL,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        keys = self._credentials
        try:
            self._session = self._session or botocore.session.Session()
            return self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoint_url or None,
                aws_access_key_id=keys.access_key if keys else None,
                aws_secret_access_key=keys.secret_key if keys else None,
                aws_session_token=(keys.session_token or None) if keys else None,
                config=config,
            )
        except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no address
            raise fault(error, service) from error
