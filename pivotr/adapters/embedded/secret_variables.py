"""The secrets of this machine: variables and `.env`, read where they are used; the keys in their own file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pivotr import names
from pivotr.adapters.embedded.keys import rotate_unsubscribe_key
from pivotr.errors import InvalidInput
from pivotr.ports.secret_store import SecretFacts
from pivotr.settings import read_dotenv

#: Secret → the variable that holds it on this machine.
VARIABLES = {
    names.SECRET_VERIFIER: "MYEMAILVERIFIER_API_KEY",
    names.SECRET_MAILBOX: "PIVOTR_IMAP_PASSWORD",
}


class SecretVariables:
    """Tells where the secrets of the embedded environment are read from; only its key file is written."""

    def __init__(self, environ: Mapping[str, str], dotenv: Path, key_file: Path) -> None:
        self._environ = environ
        self._dotenv = dotenv
        self._key_file = key_file

    def facts(self, name: str) -> SecretFacts:
        """Where it is read from, and the time of the file where it is in one."""
        if name == names.SECRET_KEYS:
            return self._of_file(name, self._key_file, is_set=self._key_file.exists())
        variable = VARIABLES[name]
        if self._environ.get(variable):
            return SecretFacts(name, f"variable {variable}", is_set=True)
        if read_dotenv(self._dotenv).get(variable):
            return self._of_file(name, self._dotenv, is_set=True)
        return SecretFacts(name, f"variable {variable}, or .env", is_set=False)

    def put(self, name: str, value: str) -> None:  # noqa: ARG002
        """Raises InvalidInput: on this machine the operator keeps them."""
        self.check(name)

    def check(self, name: str) -> None:
        """Raises InvalidInput, with what to do instead."""
        variable = VARIABLES[name]
        raise InvalidInput(
            f"On this machine {name} is read from the variable {variable} or from .env.",
            hint=f"Put {variable}=… into .env; an account's secret: pivotr secrets set {name} --env dev",
        )

    def rotate_unsubscribe_key(self) -> int:
        """A new key in the key file; older ones stay valid. Raises Misconfigured, Conflict."""
        return rotate_unsubscribe_key(self._key_file)

    def _of_file(self, name: str, path: Path, *, is_set: bool) -> SecretFacts:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, UTC) if is_set else None
        return SecretFacts(name, str(path), is_set, changed_at)
