"""The services that only the HTTP door asks for. Part of `wiring.Services`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pivotr.wiring_ports import Ports

if TYPE_CHECKING:
    from pivotr.services.repeats import Repeats


class ApiServices:
    """Each is built when it is first asked for."""

    ports: Ports

    @cached_property
    def repeats(self) -> Repeats:
        """Requests that may come twice."""
        from pivotr.services.repeats import Repeats

        return Repeats(table=self.ports.table, clock=self.ports.clock)
