"""The ports of an account of AWS: DynamoDB, SQS, SES, Secrets Manager. For Lambdas and for operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pivotr import names
from pivotr.adapters.aws.clients import Clients, Credentials
from pivotr.adapters.aws.dynamodb import DynamoTable
from pivotr.adapters.aws.secrets import AwsSecrets
from pivotr.adapters.aws.sqs import SqsQueues
from pivotr.adapters.aws.stored_mails import StoredMails
from pivotr.adapters.system_clock import SystemClock
from pivotr.errors import Misconfigured
from pivotr.settings import Settings
from pivotr.storage.schema import TABLES
from pivotr.wiring_feedback import mailbox_of
from pivotr.wiring_ports import Ports, Secrets

if TYPE_CHECKING:
    from pivotr.adapters.aws.ses_account import SesIdentities
    from pivotr.ports.alarms import Alarms
    from pivotr.ports.domains import Domains
    from pivotr.ports.files import Files
    from pivotr.ports.mailer import AccountList, Mailer
    from pivotr.ports.table import Table
    from pivotr.ports.verifier import Verifier


#: Seconds for which SQS may wait for records: it asks all of its machines then, not only a few.
LONG_POLL = 1


def aws_ports(settings: Settings, environ: Mapping[str, str]) -> Ports:
    """Tables, queues, mails and secrets of an account; nothing is called before it is used."""
    if settings.env == "sandbox":
        from pivotr.wiring_sandbox import located

        settings = located(settings, environ)
    clients = clients_of(settings, environ)
    clock = SystemClock()
    secrets = AwsSecrets(clients, settings.env)
    return Ports(
        table=table_of(settings, clients),
        queues=SqsQueues(
            clients,
            settings.env,
            feedback_url=settings.feedback_queue_url,
            feedback_region=settings.feedback_region,
            wait=LONG_POLL,
            # the emulator has no moves of its own
            sleep=None if settings.env == "sandbox" else clock.sleep,
        ),
        clock=clock,
        make_mailer=lambda: _mailer(settings, clients),
        make_verifier=lambda: _verifier(settings, secrets),
        make_secrets=lambda: _secrets(secrets),
        make_secret_store=lambda: secrets,
        make_files=lambda: _files(clients, environ),
        make_identities=lambda: ses_identities(clients),
        make_account_list=lambda: ses_account_list(clients),
        make_domains=lambda: domains_of(settings),
        make_alarms=lambda: _alarms(settings, clients),
        make_mailbox=lambda: mailbox_of(settings, lambda: secrets.read(names.SECRET_MAILBOX)),
        read_stored=StoredMails(clients).read,
    )


def clients_of(settings: Settings, environ: Mapping[str, str]) -> Clients:
    """Clients for the region of an environment; of the emulator with its own keys, outside of its Lambdas."""
    keys = None
    if settings.env == "sandbox" and names.ENV_IN_LAMBDA not in environ:
        from pivotr.adapters import sandbox_state

        keys = Credentials(sandbox_state.ACCESS_KEY, sandbox_state.SECRET_KEY)
    return Clients(settings.region, settings.endpoint_url, keys)


def table_of(settings: Settings, clients: Clients) -> Table:
    """The tables of an environment."""
    return DynamoTable(clients, settings.env, TABLES, SystemClock(), append_only=frozenset({names.LOGS}))


def ensure_keys(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Make the keys of an environment where there are none; True where they were made.

    To be called once its tables are there: keys that are gone are not replaced while leads are stored under
    them. Raises Misconfigured, Unavailable.
    """
    clients = clients_of(settings, environ)
    secrets = AwsSecrets(clients, settings.env)
    is_empty = not table_of(settings, clients).scan(names.LEADS, limit=1).items
    return secrets.ensure_keys(may_create=is_empty)


def _alarms(settings: Settings, clients: Clients) -> Alarms | None:
    """The topic of alarms; without one CloudWatch alone tells of trouble."""
    if not settings.alarm_topic:
        return None
    from pivotr.adapters.aws.sns import SnsAlarms

    return SnsAlarms(lambda: clients.client("sns"), settings.alarm_topic)


def _mailer(settings: Settings, clients: Clients) -> Mailer:
    from pivotr.adapters.aws.ses import SesMailer, ses_client

    if settings.mailer != "ses":
        raise Misconfigured(
            f"The environment {settings.env} sends through SES, not through {settings.mailer}.",
            hint="Set PIVOTR_MAILER=ses, or leave it out.",
        )
    return SesMailer(lambda: ses_client(clients), settings.configuration_set)


def ses_identities(clients: Clients) -> SesIdentities:
    """Addresses and domains that SES has verified."""
    from pivotr.adapters.aws.ses_account import SesIdentities

    return SesIdentities(lambda: clients.client("sesv2"))


def ses_account_list(clients: Clients) -> AccountList:
    """The suppression list of the account at SES."""
    from pivotr.adapters.aws.ses_account import SesAccountList

    return SesAccountList(lambda: clients.client("sesv2"))


def domains_of(settings: Settings) -> Domains | None:
    """The DNS, but for rehearsals."""
    from pivotr.adapters.dns import DnsDomains

    return None if settings.env == "sandbox" else DnsDomains()


def _files(clients: Clients, environ: Mapping[str, str]) -> Files | None:
    """The bucket that the deployment tells its function of; nobody else has one."""
    from pivotr.adapters.aws.s3 import S3Files

    bucket = environ.get(names.ENV_IMPORT_BUCKET, "")
    return S3Files(clients, bucket) if bucket else None


def _verifier(settings: Settings, secrets: AwsSecrets) -> Verifier:
    if settings.verifier == "myemailverifier":
        from pivotr.adapters.myemailverifier import MyEmailVerifier

        key = secrets.verifier_key
        url = settings.verifier_url
        return MyEmailVerifier(key, url=url, credits_url=url) if url else MyEmailVerifier(key)
    from pivotr.adapters.embedded.syntax_verifier import SyntaxVerifier

    return SyntaxVerifier()


def _secrets(secrets: AwsSecrets) -> Secrets:
    keys = secrets.keys()
    return Secrets(keys.lead, keys.unsubscribe)
