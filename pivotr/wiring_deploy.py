"""What deploys: CloudFormation, the account, the CDK. The one wiring that knows the infrastructure.

Apart from `wiring`, so that no Lambda and no other command ever loads it: docs/decisions/0013.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import InvalidInput, Misconfigured
from pivotr.settings import Settings
from pivotr.wiring_sandbox import api_of, located

if TYPE_CHECKING:
    from pivotr.adapters.aws.clients import Clients
    from pivotr.adapters.cdk_command import CdkCommand
    from pivotr.ports.deployment import Stack, Stacks
    from pivotr.services.deploying import Deploying

#: Variables of the caller that the CDK needs to sign in; on the sandbox it gets dummy keys instead.
_KEPT = ("HOME", "PATH", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "https_proxy", "NO_PROXY",
         "no_proxy", "SYSTEMROOT", "USERPROFILE", "TMPDIR", "TEMP")  # fmt: skip


def deploying(
    settings: Settings,
    environ: Mapping[str, str] | None = None,
    *,
    on_line: Callable[[str], None] = lambda line: None,  # noqa: ARG005
) -> Deploying:
    """The deployment of an environment; `on_line` gets what the CDK says.

    Raises InvalidInput for an environment without a stack, Misconfigured.
    """
    from pivotr.adapters.aws.account import AwsAccount
    from pivotr.adapters.system_clock import SystemClock
    from pivotr.services.deploying import Deploying
    from pivotr.wiring_aws import clients_of, ensure_keys

    if settings.env == "local":
        raise InvalidInput(
            "The environment “local” is not deployed.", hint="Choose another: --env dev, --env production"
        )
    environ = os.environ if environ is None else environ
    found = located(settings, environ)
    own = clients_of(found, environ)
    account = AwsAccount(own, found.region)
    return Deploying(
        settings=found,
        stacks=_stacks(found, _as_deployer(found, own)),
        account=account,
        toolkit=Cdk(found, environ, on_line),
        clock=SystemClock(),
        ensure_keys=lambda: ensure_keys(found, environ),
    )


def _stacks(settings: Settings, clients: Clients) -> Stacks:
    from pivotr.adapters.aws.cloudformation import CloudFormationStacks

    if settings.env != "sandbox":
        return CloudFormationStacks(clients)

    class Emulated(CloudFormationStacks):
        """Stacks of the emulator, which tells an address of the API that nobody can reach."""

        def find(self, name: str) -> Stack | None:
            found = super().find(name)
            if found is None or names.OUTPUT_API_URL not in found.outputs:
                return found
            return replace(
                found, outputs={**found.outputs, names.OUTPUT_API_URL: api_of(settings, found.outputs)}
            )

    return Emulated(clients)


def _as_deployer(settings: Settings, own: Clients) -> Clients:
    """Clients under the role that the bootstrap made for deploying, as the CDK uses it; else our own.

    So that who deploys needs no rights but `sts:AssumeRole` on it.
    """
    if settings.env == "sandbox":
        return own
    from pivotr.adapters.aws.account import assumed

    return assumed(own, settings.region) or own


class Cdk:
    """Toolkit of a deployment: the pinned CDK command and our own app."""

    def __init__(
        self, settings: Settings, environ: Mapping[str, str], on_line: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._environ = environ
        self._on_line = on_line
        self._stack = names.stack(settings.env)

    def check(self) -> None:
        """Whether the CDK, Node and the settings are fit for a synth. Raises Misconfigured, InvalidInput."""
        from pivotr.infra import toolchain
        from pivotr.infra.config import config_of

        config_of(self._settings)
        if importlib.util.find_spec("aws_cdk") is None:
            raise Misconfigured(
                "Building the stack needs the AWS CDK, which is not installed.",
                hint=f"Install it with: {toolchain.INSTALL}",
            )
        toolchain.node()

    def synth(self) -> Path:
        """The cloud assembly, under the home."""
        from pivotr.infra import toolchain

        # functions find the emulator by themselves: its port is not part of the template
        settings = self._settings.model_copy(update={"endpoint_url": ""})
        return toolchain.synth(settings, self._settings.home / "cdk" / self._settings.env)

    def bootstrap(self, account: str) -> None:
        """Make what every deployment by the CDK needs."""
        self._command().run("bootstrap", f"aws://{account}/{self._settings.region}", on_line=self._on_line)

    def prepare(self, assembly: Path, change_set: str, *, adopts: bool) -> None:
        """Upload the packages and prepare a change set."""
        target = "sandbox" if self._settings.env == "sandbox" else "aws"
        self._command().run(
            "deploy", self._stack, "--app", str(assembly),
            "--method", "prepare-change-set", "--change-set-name", change_set,
            "--parameters", f"{self._stack}:{names.PARAMETER_TARGET}={target}",
            "--require-approval", "never", "--progress", "events", "--no-lookups",
            *(("--import-existing-resources",) if adopts else ()),
            on_line=self._on_line,
        )  # fmt: skip

    def roll_back(self, assembly: Path) -> None:
        """Finish a roll-back that got stuck."""
        self._command().run("rollback", self._stack, "--app", str(assembly), on_line=self._on_line)

    def _command(self) -> CdkCommand:
        from pivotr.adapters.cdk_command import CdkCommand
        from pivotr.infra import toolchain

        return CdkCommand(toolchain.cdk_command(), self._child_environment())

    def _child_environment(self) -> dict[str, str]:
        from pivotr.adapters import sandbox_state

        region = self._settings.region
        regions = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        if self._settings.env != "sandbox":
            return {**self._environ, **regions}
        return {
            **{name: value for name, value in self._environ.items() if name in _KEPT},
            **regions,
            "AWS_ENDPOINT_URL": self._settings.endpoint_url,
            "AWS_ACCESS_KEY_ID": sandbox_state.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": sandbox_state.SECRET_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def synthesise(settings: Settings, output: Path) -> Path:
    """Write the cloud assembly of an environment into a folder; returns it.

    Raises Misconfigured, InvalidInput, Unavailable.
    """
    from pivotr.infra import toolchain

    return toolchain.synth(settings, output)


def compiles() -> bool:
    """True where this machine can give the functions byte code."""
    from pivotr.infra import pythons

    return pythons.compiler() is not None
