"""Secrets Manager: secrets are read when they are needed; whoever needs them keeps them.

A process of a function keeps the keys for a quarter of an hour, the verifier its key until it is refused.
The stack knows only their names: what a template makes or holds, others can read (promise P12).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr import names
from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import code_of, fault
from pivotr.adapters.key_material import Keys, fresh_keys, from_json, to_json
from pivotr.errors import Misconfigured
from pivotr.ports.secret_store import SecretFacts

#: Seconds for which a secret that was read is given again: a verifier that goes on refusing its key, or a
#: stranger who tries links, must not make us ask each time.
KEPT_SECONDS: Final = 10.0

_HINTS: Final = {
    names.SECRET_KEYS: "Run `pivotr deploy` for this environment: it makes them.",
    names.SECRET_VERIFIER: "Set it with: pivotr secrets set myemailverifier",
    names.SECRET_MAILBOX: "Set it with: pivotr secrets set mailbox",
}


class AwsSecrets:
    """The secrets of one environment; `now` counts seconds and never steps back."""

    def __init__(
        self, clients: Clients, environment: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._clients = clients
        self._environment = environment
        self._now = now
        self._kept: dict[str, tuple[str, float]] = {}

    def read(self, name: str) -> str:
        """A secret, as it was in the last ten seconds. Raises Misconfigured, Unavailable, NoAnswer."""
        kept = self._kept.get(name)
        if kept is not None and self._now() - kept[1] < KEPT_SECONDS:
            return kept[0]
        value = str(self._call("get_secret_value", name).get("SecretString", ""))
        self._kept[name] = (value, self._now())
        return value

    def verifier_key(self) -> str:
        """The key for MyEmailVerifier, which asks at its first check and again when the key is refused."""
        return self.read(names.SECRET_VERIFIER)

    def keys(self) -> Keys:
        """The keys of ids and links. Raises Misconfigured, Unavailable."""
        try:
            return from_json(self.read(names.SECRET_KEYS))
        except ValueError as error:
            raise Misconfigured(
                f"The secret {self._id(names.SECRET_KEYS)} cannot be read: {error}.",
                hint="Restore its last version in Secrets Manager.",
            ) from None

    def ensure_keys(self, *, may_create: bool) -> bool:
        """Make the keys where there are none; True where they were made. Two at once end with the same keys.

        Keys that somebody has marked for deletion are restored. Without its keys an environment cannot find
        its leads again, so lost ones are not replaced in silence: raises Misconfigured unless `may_create`.
        """
        facts = self.facts(names.SECRET_KEYS)
        if facts.is_set:
            return False
        if self._is_marked_for_deletion(names.SECRET_KEYS):
            self._call("restore_secret", names.SECRET_KEYS)
            return False
        if not may_create:
            raise Misconfigured(
                f"The secret {facts.name} is gone: the leads in the tables cannot be found without it.",
                hint="Restore it from a backup; new keys would make every lead a stranger.",
            )
        return self._create(names.SECRET_KEYS, to_json(fresh_keys()))

    def rotate_unsubscribe_key(self) -> int:
        """Sign links with a new key; returns how many older ones stay valid. Raises Misconfigured."""
        self._kept.pop(names.SECRET_KEYS, None)
        keys = self.keys()
        self._put(names.SECRET_KEYS, to_json(keys.rotated()))
        return len(keys.unsubscribe)

    def facts(self, name: str) -> SecretFacts:
        """Whether a secret is there and when it was last changed."""
        home = f"Secrets Manager, {self._id(name)}"
        try:
            found = self._client().describe_secret(SecretId=self._id(name))
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return SecretFacts(name, home, is_set=False)
            raise fault(error, "Secrets Manager") from error
        except BotoCoreError as error:
            raise fault(error, "Secrets Manager") from error
        is_set = "DeletedDate" not in found
        return SecretFacts(name, home, is_set, found.get("LastChangedDate") if is_set else None)

    def check(self, name: str) -> None:
        """Every secret may be set here."""

    def put(self, name: str, value: str) -> None:
        """Keep a secret; one that is marked for deletion is restored first."""
        if not self._create(name, value):
            if self._is_marked_for_deletion(name):
                self._call("restore_secret", name)
            self._put(name, value)

    def _put(self, name: str, value: str) -> None:
        self._call("put_secret_value", name, SecretString=value)
        self._kept.pop(name, None)

    def _create(self, name: str, value: str) -> bool:
        """True where it was made, False where it exists, be it marked for deletion."""
        about = f"{names.physical(self._environment, name)} of pivotr"
        tags = [{"Key": "Project", "Value": "pivotr"}, {"Key": "Environment", "Value": self._environment}]
        try:
            self._client().create_secret(
                Name=self._id(name), SecretString=value, Description=about, Tags=tags
            )
        except ClientError as error:
            if code_of(error) == "ResourceExistsException":
                return False
            if code_of(error) == "InvalidRequestException" and self._is_marked_for_deletion(name):
                return False
            raise fault(error, "Secrets Manager") from error
        except BotoCoreError as error:
            raise fault(error, "Secrets Manager") from error
        return True

    def _is_marked_for_deletion(self, name: str) -> bool:
        try:
            return "DeletedDate" in self._client().describe_secret(SecretId=self._id(name))
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return False
            raise fault(error, "Secrets Manager") from error

    def _call(self, operation: str, name: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client(), operation)(SecretId=self._id(name), **arguments)
        except ClientError as error:
            if code_of(error) in ("ResourceNotFoundException", "InvalidRequestException"):
                raise Misconfigured(
                    f"The secret {self._id(name)} is not there.", hint=_HINTS.get(name, "")
                ) from None
            raise fault(error, "Secrets Manager") from error
        except BotoCoreError as error:
            raise fault(error, "Secrets Manager") from error
        return answer

    def _id(self, name: str) -> str:
        return names.physical(self._environment, name)

    def _client(self) -> Any:
        return self._clients.client("secretsmanager")
