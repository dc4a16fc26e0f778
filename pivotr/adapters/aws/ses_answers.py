"""What an answer of SES to one mail means, and what it means when there is none.

Surely not sent is only what SES has said, or what never reached it; anything that is not listed here leaves
the mail unconfirmed. Codes: the service model of SES v2 and its "Common Error Types".
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from botocore import exceptions as raised
from botocore.exceptions import ClientError

from pivotr.adapters.aws.faults import THROTTLED, code_of, message_of
from pivotr.errors import PivotrError
from pivotr.ports.mailer import AccountRefused, NotSent, Outcome, RecipientRejected, Unknown

_NEVER_CONNECTED: Final = (
    raised.EndpointConnectionError,
    raised.ConnectTimeoutError,
    raised.ProxyConnectionError,
)
#: After these SES may have the mail. They come first: SSLError derives from botocore's ConnectionError, and
#: a connection that breaks while the request is written looks like any other.
_NOBODY_KNOWS: Final = (raised.HTTPClientError, raised.SSLError)

Scope: TypeAlias = Literal["account", "sender"]

#: The account or its set-up: every other mail would be refused alike.
_ACCOUNT: Final = frozenset(
    {
        "AccountSuspendedException",
        "SendingPausedException",
        "NotFoundException",  # the configuration set
        "LimitExceededException",
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
#: This mail or its recipient.
_MAIL: Final = frozenset({"BadRequestException", "MessageRejected", "ValidationError", "ValidationException"})
_LONGEST: Final = 500

_DAILY: Final = re.compile(r"daily|24.?hour|per day|message quota|sending quota", re.I)
_RATE: Final = re.compile(r"\brate\b|per second", re.I)
#: The words of MessageRejected for an identity that may not send, or for a recipient in the SES sandbox.
_UNVERIFIED: Final = re.compile(r"not verified|failed the check", re.I)
_FAILED_CHECK: Final = re.compile(r"failed the check[^:]*:\s*(.*)", re.I | re.S)
_IDENTITY_ARN: Final = re.compile(r":identity/([^\s'\"`,]+)")


def outcome_of(error: Exception, sender: str) -> Outcome:
    """The outcome of a mail from `sender` whose one call ended with this error. Never raises."""
    if isinstance(error, ClientError):
        return _answered(error, sender)
    if isinstance(error, _NEVER_CONNECTED):
        return NotSent("unreachable", f"SES cannot be reached: {error}")
    if isinstance(error, _NOBODY_KNOWS):
        return Unknown(f"SES did not answer: {error}")
    if isinstance(error, raised.ParamValidationError):
        return RecipientRejected(f"This mail cannot be handed to SES: {error}")
    if isinstance(error, PivotrError):
        return AccountRefused("account", error.sentence)
    # credentials, region, profile: what botocore finds missing before it opens a connection
    return AccountRefused("account", f"SES cannot be called: {error}")


def speaks_of_rate(text: str) -> bool:
    """True where a refusal names the rate per second, which passes by itself."""
    return bool(_RATE.search(text))


def _answered(error: ClientError, sender: str) -> Outcome:
    code, text = code_of(error), _shown(message_of(error))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    said = f"SES answered {code}: {text}" if text else f"SES answered {code}"
    if status >= 500:
        return Unknown(said)
    if code in THROTTLED:
        return NotSent("quota" if _DAILY.search(text) else "throttled", said)
    if code == "LimitExceededException" and _DAILY.search(text):
        return NotSent("quota", said)
    scope = _refused(code, text, sender)
    if scope:
        return AccountRefused(scope, said)
    return RecipientRejected(said) if code in _MAIL else Unknown(said)


def _refused(code: str, text: str, sender: str) -> Scope | None:
    """Who is refused where it is neither this mail nor its recipient."""
    if code == "MailFromDomainNotVerifiedException":
        return "sender"
    if code in _ACCOUNT:
        return _scope(_IDENTITY_ARN.findall(text), sender)
    if code == "MessageRejected" and _UNVERIFIED.search(text):
        failed = _FAILED_CHECK.search(text)
        return _scope(re.split(r"[,\s]+", failed[1]) if failed else [], sender)
    return None


def _shown(text: str) -> str:
    """The words of SES without the request that a wrong signature makes it repeat, token included."""
    return text.partition("The Canonical String")[0].strip()[:_LONGEST]


def _scope(identities: list[str], sender: str) -> Scope:
    """`sender` where every identity that was refused is this mailbox or its domain."""
    address = sender.lower()
    domain = address.rpartition("@")[2]
    named = [identity.strip(".").lower() for identity in identities if identity.strip(".")]
    own = [name for name in named if name in (address, domain) or domain.endswith(f".{name}")]
    return "sender" if named and len(own) == len(named) else "account"
