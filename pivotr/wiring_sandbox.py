"""The emulator of AWS behind `--env sandbox`: started, stopped, found."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import Conflict, Misconfigured
from pivotr.settings import Settings

if TYPE_CHECKING:
    from pivotr.adapters.sandbox_state import Emulator


class Sandbox:
    """The emulator of one home."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.home
        self._region = settings.region

    def up(self, *, python: Path | None = None, checks_rights: bool = False) -> Emulator:
        """Install the emulator where `python` does not have it already, start it, wait until it answers.

        Raises Conflict while it runs, Unavailable, Misconfigured.
        """
        from pivotr.adapters import sandbox_install, sandbox_process
        from pivotr.adapters.system_clock import SystemClock

        clock = SystemClock()
        if (present := self.status()) is not None:
            raise Conflict(
                f"The sandbox runs already, on {present.url}.", hint="Stop it first: pivotr sandbox down"
            )
        self._home.mkdir(parents=True, exist_ok=True)
        return sandbox_process.start(
            self._home,
            python or sandbox_install.installed(self._home / "sandbox" / "venv"),
            token=clock.token(),
            region=self._region,
            checks_rights=checks_rights,
            sleep=clock.sleep,
        )

    def down(self, *, forget: bool = False) -> bool:
        """Stop it when it has saved its state, or throw that away; False where none ran."""
        from pivotr.adapters import sandbox_process
        from pivotr.adapters.system_clock import SystemClock

        return sandbox_process.stop(self._home, sleep=SystemClock().sleep, keep_state=not forget)

    def status(self) -> Emulator | None:
        """The running emulator, or None."""
        from pivotr.adapters import sandbox_state

        return sandbox_state.running(self._home)

    def verify(self, identity: str) -> None:
        """Have the emulator take an address or domain for verified. Raises Misconfigured while none runs."""
        from pivotr.wiring_aws import clients_of, ses_identities

        found = located(self._settings)
        ses_identities(clients_of(found, {})).add(identity)


def located(settings: Settings, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings whose `endpoint_url` says where the sandbox listens; those of other environments as they are.

    Its Lambdas are told where it is by a variable that botocore reads. Raises Misconfigured while none runs.
    """
    if settings.env != "sandbox" or settings.endpoint_url or names.ENV_IN_LAMBDA in environ:
        return settings
    found = Sandbox(settings).status()
    if found is None:
        raise Misconfigured("The sandbox does not run.", hint="Start it with: pivotr sandbox up")
    return settings.model_copy(update={"endpoint_url": found.url})


def api_of(settings: Settings, outputs: Mapping[str, str]) -> str:
    """Where the API answers; the emulator's own host names do not resolve. Empty where there is none."""
    if settings.env != "sandbox":
        return outputs.get(names.OUTPUT_API_URL, "").rstrip("/")
    api = outputs.get(names.OUTPUT_API_ID, "")
    return f"{settings.endpoint_url}/_aws/execute-api/{api}/$default" if api else ""
