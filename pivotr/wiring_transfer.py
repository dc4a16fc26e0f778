"""What moves the data of this machine to an environment in AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import InvalidInput
from pivotr.settings import load

if TYPE_CHECKING:
    from pivotr.services.transferring import Transferring
    from pivotr.wiring import Services


def transferring(source: Services, target: str, environ: Mapping[str, str], *, actor: str) -> Transferring:
    """From the local environment to another. Raises InvalidInput where one of them cannot be that."""
    from pivotr.adapters.aws.secrets import AwsSecrets
    from pivotr.adapters.key_material import Keys, to_json
    from pivotr.services.transferring import Transferring
    from pivotr.wiring import connect
    from pivotr.wiring_aws import clients_of

    if source.settings.env != "local" or target == "local":
        raise InvalidInput(
            "A transfer goes from the local environment to one in AWS.",
            hint="For example: pivotr transfer --to dev",
        )
    settings = load(environ, flags={"env": target})
    if target == "sandbox":
        from pivotr.wiring_sandbox import located

        settings = located(settings, environ)
    secrets = AwsSecrets(clients_of(settings, environ), target)
    keys = source.ports.secrets
    return Transferring(
        source=source.ports.table,
        target=connect(settings, environ).ports.table,
        target_name=target,
        clock=source.ports.clock,
        key=keys.lead,
        pause_all=lambda reason: source.transitions.pause_all(reason=reason, actor=actor),
        adopt_keys=lambda: secrets.put(names.SECRET_KEYS, to_json(Keys(keys.lead, keys.unsubscribe))),
    )
