"""What SES knows of the account beside its quota: verified identities, and its own suppression list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.faults import code_of, fault
from pivotr.domain.instants import to_text
from pivotr.ports.mailer import Listed

#: Most entries of one answer (SES API v2 reference, ListSuppressedDestinations).
_PAGE: Final = 1000
_REASONS: Final[dict[str, Literal["bounce", "complaint"]]] = {"BOUNCE": "bounce", "COMPLAINT": "complaint"}


class SesIdentities:
    """Addresses and domains that SES has verified in the region of the client."""

    def __init__(self, make_client: Callable[[], Any]) -> None:
        self._make_client = make_client
        self._known: dict[str, bool] = {}

    def is_verified(self, address: str) -> bool:
        """True for the address itself, its domain or a domain above. Raises Unavailable, Misconfigured.

        SES lets a verified domain send for its subdomains too (SES developer guide, "Verified identities").
        """
        labels = address.partition("@")[2].split(".")
        domains = [".".join(labels[first:]) for first in range(max(1, len(labels) - 1))]
        return any(self._is_known(identity) for identity in (address, *domains))

    def add(self, identity: str) -> None:
        """Make an address or a domain known. SES then finds out whose it is; an emulator does not ask."""
        try:
            self._make_client().create_email_identity(EmailIdentity=identity)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != "AlreadyExistsException":
                raise fault(error, "SES") from error

    def _is_known(self, identity: str) -> bool:
        if identity not in self._known:
            try:
                found = self._make_client().get_email_identity(EmailIdentity=identity)
                self._known[identity] = bool(found.get("VerifiedForSendingStatus"))
            except (ClientError, BotoCoreError) as error:
                if code_of(error) != "NotFoundException":
                    raise fault(error, "SES") from error
                self._known[identity] = False
        return self._known[identity]


class SesAccountList:
    """The account-level suppression list of SES: addresses that bounced or complained, for each region."""

    def __init__(self, make_client: Callable[[], Any]) -> None:
        self._make_client = make_client

    def entries(self) -> Iterator[Listed]:
        """Every address on the list; instants in UTC."""
        token: dict[str, str] = {}
        while True:
            answer = self._call("list_suppressed_destinations", PageSize=_PAGE, **token)
            for one in answer.get("SuppressedDestinationSummaries", []):
                reason = _REASONS.get(one["Reason"])
                if reason is not None:
                    yield Listed(one["EmailAddress"], reason, to_text(one["LastUpdateTime"]))
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def put(self, address: str, reason: Literal["bounce", "complaint"]) -> None:
        """Put an address on the list; it may be there already."""
        self._call("put_suppressed_destination", EmailAddress=address, Reason=reason.upper())

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._make_client(), operation)(**request)
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "SES") from error
        return answer
