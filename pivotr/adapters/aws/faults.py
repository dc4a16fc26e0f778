"""What botocore raises, as our errors: surely nothing happened, nobody knows, or the set-up is at fault.

Only names are trusted, never botocore's base classes: its `SSLError` is a `ConnectionError` and can come
after the request was read. Codes are those of each service's model and of the common errors of AWS.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from botocore import exceptions as raised

from pivotr.errors import Misconfigured, NoAnswer, PivotrError, Rejected, Unavailable

_NEVER_CONNECTED: Final = (
    raised.EndpointConnectionError,
    raised.ConnectTimeoutError,
    raised.ProxyConnectionError,
)
_NO_ANSWER: Final = (
    raised.HTTPClientError,
    raised.SSLError,
    raised.ChecksumError,
    raised.IncompleteReadError,
)
_NO_CREDENTIALS: Final = (
    raised.NoCredentialsError,
    raised.PartialCredentialsError,
    raised.CredentialRetrievalError,
    raised.TokenRetrievalError,
    raised.NoAuthTokenError,
    raised.ProfileNotFound,
    raised.SSOError,
    raised.LoginError,
    raised.RefreshWithMFAUnsupportedError,
)

#: Refused before anything was done, and welcome later.
THROTTLED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "ThrottlingError",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
_DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException"}
)
_BAD_CREDENTIALS: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotSignedUp",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
#: What the request names is not there: nothing of ours is deployed under this name in this region.
_MISSING: Final = frozenset(
    {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
)
#: The same request is at work elsewhere: its outcome is not known yet.
_AT_WORK: Final = frozenset({"TransactionInProgressException"})

_HINT_CREDENTIALS: Final = (
    "Sign in again (for instance `aws sso login`) or set AWS_PROFILE, then run `pivotr doctor`."
)
_HINT_LATER: Final = "Try again in a moment."


def code_of(error: Exception) -> str:
    """The code of a service's answer, or an empty text where no service answered."""
    return str(_answer(error).get("Error", {}).get("Code", ""))


def message_of(error: Exception) -> str:
    """The service's own words, or an empty text."""
    return str(_answer(error).get("Error", {}).get("Message", ""))


def fault(error: Exception, service: str) -> PivotrError:
    """The error to raise for what botocore raised while talking to `service` (its name, for the sentence).

    Unavailable: surely nothing happened. NoAnswer: nobody knows. Misconfigured: credentials, rights, region
    or a missing resource. Rejected: the service refuses this request and would refuse it again.
    """
    if isinstance(error, raised.ClientError):
        return _of_answer(error, service)
    if isinstance(error, _NEVER_CONNECTED):
        address = urlsplit(str(error.kwargs.get("endpoint_url") or "")).netloc
        return Unavailable(
            f"There is no connection to {service}{f' at {address}' if address else ''}.",
            hint="Look at the network and at the region, then try again.",
        )
    if isinstance(error, _NO_ANSWER):
        return NoAnswer(f"{service} did not answer.", hint=_HINT_LATER)
    if isinstance(error, raised.NoCredentialsError):
        return Misconfigured(
            "There are no AWS credentials on this machine.",
            hint=_HINT_CREDENTIALS.replace("Sign in again", "Sign in"),
        )
    if isinstance(error, _NO_CREDENTIALS):
        return Misconfigured(f"There are no AWS credentials to use: {error}", hint=_HINT_CREDENTIALS)
    return Misconfigured(
        f"{service} cannot be called as it is set up: {error}",
        hint="Run `pivotr doctor` to see the settings.",
    )


def _of_answer(error: raised.ClientError, service: str) -> PivotrError:
    code, text = code_of(error), message_of(error)
    status = int(_answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 400) or 400)
    if code in THROTTLED:
        return Unavailable(f"{service} is busy.", hint=_HINT_LATER)
    if code in _DENIED:
        return Misconfigured(
            f"{service} refuses {error.operation_name}: {text or 'access denied'}",
            hint="Give the credentials this right, or use others; `pivotr doctor` tells which are in use.",
        )
    if code in _BAD_CREDENTIALS:
        return Misconfigured(f"{service} refuses the credentials: {text or code}", hint=_HINT_CREDENTIALS)
    if code in _MISSING:
        return Misconfigured(
            f"{service} has no such resource here: {text or code}",
            hint="Make it with `pivotr deploy`, or see which account and region these are: `pivotr doctor`.",
        )
    if code in _AT_WORK or status >= 500:
        return NoAnswer(f"{service} did not answer: {text or code}", hint=_HINT_LATER)
    return Rejected(f"{service} refused {error.operation_name}: {text or code}", hint=_HINT_LATER)


def _answer(error: Exception) -> dict[str, Any]:
    response = getattr(error, "response", None)
    return response if isinstance(response, dict) else {}
