"""The mail port on SES v2: the exact MIME bytes, one call, one attempt, one outcome.

Between two mails a Lambda is frozen and its kept-alive connection dies: the next call on it would fail before
SES has read a byte, and nobody could tell that from a lost answer. So each mail gets a fresh connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.faults import fault
from pivotr.adapters.aws.ses_answers import outcome_of, speaks_of_rate
from pivotr.errors import PivotrError
from pivotr.ports.mailer import Accepted, Mail, NotSent, Outcome, Quota

#: Seconds to connect and to wait for the answer; together well below the 30 s of send-email.
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0


def ses_client(clients: Clients) -> Any:
    """The client that sends: exactly one attempt, whatever `AWS_MAX_ATTEMPTS` says."""
    return clients.client("sesv2", attempts=1, connect=CONNECT_SECONDS, read=READ_SECONDS)


class SesMailer:
    """Mailer port on SES v2.

    `make_client` is asked once in each thread: to drop the connections of a client while another thread sends
    with it would cost that thread its certainty. `configuration_set` makes SES publish events with our tags.
    """

    def __init__(self, make_client: Callable[[], Any], configuration_set: str = "") -> None:
        self._make_client = make_client
        self._configuration_set = configuration_set
        self._own = threading.local()

    def send(self, mail: Mail) -> Outcome:
        """Try exactly once."""
        try:
            client = self._client()
            client.close()  # empties the pool of connections; the client stays usable
            answer = client.send_email(**self._request(mail))
        except PivotrError as error:
            return outcome_of(error, mail.sender)
        except (ClientError, BotoCoreError) as error:
            return self._settled(outcome_of(error, mail.sender))
        return Accepted(answer["MessageId"])

    def quota(self) -> Quota | None:
        """What GetAccount says. Raises Unavailable, Misconfigured."""
        try:
            account = self._client().get_account()
        except (ClientError, BotoCoreError) as error:
            raise fault(error, "SES") from error
        limits = account.get("SendQuota", {})
        return Quota(
            float(limits.get("Max24HourSend", 0.0)),
            float(limits.get("SentLast24Hours", 0.0)),
            float(limits.get("MaxSendRate", 0.0)),
            is_production=bool(account.get("ProductionAccessEnabled", True)),
            is_sending=bool(account.get("SendingEnabled", True)),
            enforcement=str(account.get("EnforcementStatus", "")),
        )

    def _client(self) -> Any:
        if not hasattr(self._own, "client"):
            self._own.client = self._make_client()
        return self._own.client

    def _request(self, mail: Mail) -> dict[str, Any]:
        """The raw bytes as they are: botocore encodes them. `Destination` decides who gets the mail."""
        request: dict[str, Any] = {
            "FromEmailAddress": mail.sender,
            "Destination": {"ToAddresses": list(mail.recipients)},
            "Content": {"Raw": {"Data": mail.data}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in mail.tags.items()],
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        return request

    def _settled(self, outcome: Outcome) -> Outcome:
        """Tell a used-up day from a rate that was too high, where the words of SES leave it open."""
        if not isinstance(outcome, NotSent) or outcome.reason != "throttled" or speaks_of_rate(outcome.text):
            return outcome
        try:
            quota = self.quota()
        except PivotrError:
            return outcome
        is_used_up = quota is not None and 0 <= quota.max_24_hours <= quota.sent_24_hours
        return NotSent("quota", outcome.text) if is_used_up else outcome
