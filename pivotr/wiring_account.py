"""The services around an environment as a whole: its secrets. Part of `wiring.Services`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.wiring_ports import Ports

if TYPE_CHECKING:
    from pivotr.services.secret_values import SecretValues


class AccountServices:
    """Each is built when it is first asked for."""

    ports: Ports

    @cached_property
    def secret_values(self) -> SecretValues:
        """Secrets, set and listed."""
        from pivotr.services.secret_values import SecretValues

        return SecretValues(store=self.ports.secret_store, clock=self.ports.clock)
