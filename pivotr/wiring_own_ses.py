"""The local environment with one's own SES: mails leave through the account, events come from its queue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.errors import Misconfigured
from pivotr.settings import Settings, read_dotenv

if TYPE_CHECKING:
    from pivotr.adapters.aws.clients import Clients
    from pivotr.adapters.aws.feedback_poll import FeedbackPoll
    from pivotr.ports.clock import Clock
    from pivotr.ports.mailer import AccountList, Identities, Mailer
    from pivotr.ports.queues import Queues

_KEY, _SECRET = "AWS_SES_ACCESS_KEY_ID", "AWS_SES_SECRET_ACCESS_KEY"


def own_mailer(settings: Settings, environ: Mapping[str, str]) -> Mailer:
    """SES of the operator's account. Raises Misconfigured."""
    from pivotr.adapters.aws.ses import SesMailer, ses_client

    _check_feedback(settings)
    _clients(settings, environ)  # a wrong set-up shows now, not with the first mail
    # each thread of `pivotr run` sends with a client of its own
    return SesMailer(lambda: ses_client(_clients(settings, environ)), settings.configuration_set)


def own_identities(settings: Settings, environ: Mapping[str, str]) -> Identities:
    """Addresses and domains that the operator's SES has verified."""
    from pivotr.adapters.aws.ses_account import SesIdentities

    clients = _clients(settings, environ)
    return SesIdentities(lambda: clients.client("sesv2"))


def own_account_list(settings: Settings, environ: Mapping[str, str]) -> AccountList:
    """The suppression list of the operator's SES."""
    from pivotr.adapters.aws.ses_account import SesAccountList

    clients = _clients(settings, environ)
    return SesAccountList(lambda: clients.client("sesv2"))


def feedback_poll(
    settings: Settings, environ: Mapping[str, str], queues: Queues, clock: Clock
) -> FeedbackPoll:
    """Moves events from the account's queue to the embedded one, where their handler takes them."""
    from pivotr.adapters.aws.feedback_poll import FeedbackPoll
    from pivotr.adapters.aws.sqs import SqsQueues

    def source() -> Queues:
        _check_feedback(settings)
        clients = _clients(settings, environ)
        url, region = settings.feedback_queue_url, settings.feedback_region
        return SqsQueues(clients, settings.env, feedback_url=url, feedback_region=region)

    return FeedbackPoll(
        source,
        lambda bodies: queues.send_many(names.FEEDBACK_QUEUE.name, bodies),
        lambda: clock.now().timestamp(),
    )


def _check_feedback(settings: Settings) -> None:
    if not settings.feedback_queue_url:
        raise Misconfigured(
            "Mails through SES need the queue of their events: without it bounces would stay unseen.",
            hint="Set AWS_SQS_QUEUE_URL (or feedback_queue_url in pivotr.toml) to the account's queue.",
        )


def _clients(settings: Settings, environ: Mapping[str, str]) -> Clients:
    """Clients with the keys that are meant for SES, or with botocore's own chain where there are none."""
    from pivotr.adapters.aws.clients import Clients, Credentials

    dotenv = read_dotenv(Path(".env"))
    key, secret = (environ.get(name) or dotenv.get(name, "") for name in (_KEY, _SECRET))
    if bool(key) != bool(secret):
        raise Misconfigured(
            f"{_KEY} and {_SECRET} belong together: one of them is not set.",
            hint="Set both, or neither to use the usual credentials of AWS.",
        )
    return Clients(settings.region, settings.endpoint_url, Credentials(key, secret) if key else None)
