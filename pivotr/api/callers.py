"""Who calls, and what they may do. The gateway has authenticated; here its findings become actor and role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pivotr.api.problems import Refusal
from pivotr.settings import Settings

Role: TypeAlias = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
#: Claims in which issuers name the groups of a person.
_GROUP_CLAIMS = ("groups", "cognito:groups", "roles")
_NAME_CLAIMS = ("email", "preferred_username", "cognito:username", "username", "sub")
_ARN = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::(\d{12}):(?:(?:assumed-role|role|user)/)?(.+)")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in: a name for the log and a role."""

    actor: str
    role: Role

    def may(self, needed: Role) -> bool:
        """True where the role is at least the one that is needed."""
        return ROLES.index(self.role) >= ROLES.index(needed)


#: Whoever calls where nobody is asked who they are.
ANYBODY = Caller("api", "admin")


def auth_of(settings: Settings) -> Literal["none", "iam", "jwt"]:
    """How callers prove who they are; where nothing is said: signed requests in production, else nothing."""
    return settings.api_auth or ("iam" if settings.env == "production" else "none")


def caller_of(event: Mapping[str, Any], settings: Settings, auth: Literal["none", "iam", "jwt"]) -> Caller:
    """The caller of a gateway event. Raises Refusal where the event names nobody."""
    if auth == "none":
        return ANYBODY
    context = event["requestContext"]
    authorizer = context.get("authorizer") or {}
    if auth == "iam":
        return _of_iam(authorizer.get("iam") or {}, str(context.get("accountId", "")), settings)
    return _of_jwt((authorizer.get("jwt") or {}).get("claims") or {}, settings)


def _of_iam(iam: Mapping[str, Any], own_account: str, settings: Settings) -> Caller:
    """By account and name of role or user: the ARN is that of a session, not of the role."""
    match = _ARN.fullmatch(str(iam.get("userArn") or ""))
    if match is None:
        raise _nobody()
    account, rest = match[1], match[2]
    is_session = ":assumed-role/" in str(iam["userArn"])
    name = rest.partition("/")[0] if is_session else rest.rpartition("/")[2]

    def is_named(entries: tuple[str, ...]) -> bool:
        return any(_principal(entry, own_account) == (account, name) for entry in entries)

    return Caller(rest if is_session else name, _role(is_named, settings))


def _principal(entry: str, own_account: str) -> tuple[str, str]:
    """Account and name of an entry: `Name` (of our own account), `123456789012:Name`, or a whole ARN."""
    if match := _ARN.fullmatch(entry):
        return match[1], match[2].rpartition("/")[2]
    account, colon, name = entry.partition(":")
    return (account, name) if colon else (own_account, entry)


def _of_jwt(claims: Mapping[str, Any], settings: Settings) -> Caller:
    name = next((str(claims[claim]) for claim in _NAME_CLAIMS if claims.get(claim)), "")
    if not name:
        raise _nobody()
    groups = {group for claim in _GROUP_CLAIMS for group in groups_of(claims.get(claim))}
    return Caller(name, _role(lambda entries: bool(groups & set(entries)), settings))


def groups_of(claim: Any) -> set[str]:
    """The groups of a claim: a list, `a,b`, or the gateway's `[a b]`.

    In the last form a name with a blank cannot be told from two names, so an issuer must have none of those;
    in the others a name with a blank is nobody's.
    """
    if isinstance(claim, str):
        text = claim.strip()
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        claim = inner.split(",") if "," in inner or inner == text else inner.split()
    names = {str(one).strip().strip("\"'") for one in claim or ()}
    return {name for name in names if name and not re.search(r"\s", name)}


def _role(is_named: Any, settings: Settings) -> Role:
    if is_named(settings.api_admins):
        return "admin"
    return "operator" if is_named(settings.api_operators) else "viewer"


def _nobody() -> Refusal:
    return Refusal(401, "unauthorized", "Nobody knows who is calling.", "Sign the request or send a token.")
