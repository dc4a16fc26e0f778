"""What one environment is built like: settings turned into the choices that the constructs read.

`dev` and `production` differ here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pivotr.errors import InvalidInput, Misconfigured
from pivotr.settings import Settings, to_env, variable

#: Days that CloudWatch Logs knows as a retention (PutRetentionPolicy).
RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
#: Fields that are no function's business: of the embedded environment, or of the deployment alone.
NOT_FOR_FUNCTIONS = (
    "home", "account", "alert_email", "monthly_budget", "reserved_concurrency", "log_retention_days",
    "create_feedback", "identities", "api_url",
)  # fmt: skip
_NOT_FOR_FUNCTIONS_PREFIXES = ("smtp_", "outbox_", "imap_", "mailbox", "maildir")

_QUEUE_URL = re.compile(
    r"https://(?:sqs\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.amazonaws\.com(?:\.cn)?/(\d{12})/(\S+)"
)
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):(\d{12}):(\S+)")


@dataclass(frozen=True, slots=True)
class QueueAddress:
    """A queue that exists outside of the stack."""

    region: str
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the constructs want to know about an environment.

    `is_protected` keeps data and the stack itself from being deleted by a slip; `feedback` None means that
    the stack makes the way of SES events itself. `throttle` is requests a second and burst of the whole API.
    """

    settings: Settings
    is_protected: bool
    auth: Literal["none", "iam", "jwt"]
    feedback: QueueAddress | None
    throttle: tuple[float, int]

    @property
    def env(self) -> str:
        """Name of the environment."""
        return self.settings.env

    @property
    def demands_tls(self) -> bool:
        """Whether resources refuse what comes without TLS; the emulator has none on the loopback address."""
        return self.settings.env != "sandbox"

    @property
    def configuration_set(self) -> str:
        """Configuration set that every mail names."""
        return self.settings.configuration_set or f"pivotr-{self.env}-events"


def config_of(settings: Settings) -> Config:
    """The choices that follow from settings. Raises InvalidInput, Misconfigured."""
    if settings.env == "local":
        raise InvalidInput(
            "The environment “local” needs no stack.", hint="Choose another: --env dev, --env production"
        )
    if settings.log_retention_days not in RETENTIONS:
        near = min(RETENTIONS, key=lambda days: abs(days - settings.log_retention_days))
        raise Misconfigured(
            f"CloudWatch cannot keep logs for {settings.log_retention_days} days.",
            hint=f"The nearest it knows: {variable('log_retention_days')}={near}",
        )
    return Config(
        settings=settings,
        is_protected=settings.env == "production",
        auth=_auth(settings),
        feedback=_feedback(settings),
        throttle=(50.0, 100),
    )


def function_variables(config: Config) -> dict[str, str]:
    """Settings as a function reads them, in the order of their names; no secret is among them."""
    resolved = config.settings.model_copy(
        update={"api_auth": config.auth, "configuration_set": config.configuration_set}
    )
    kept = to_env(resolved)
    for field in Settings.model_fields:
        if field in NOT_FOR_FUNCTIONS or field.startswith(_NOT_FOR_FUNCTIONS_PREFIXES):
            kept.pop(variable(field), None)
    return dict(sorted(kept.items()))


def _auth(settings: Settings) -> Literal["none", "iam", "jwt"]:
    chosen = settings.api_auth or ("iam" if settings.env == "production" else "none")
    if chosen == "none" and settings.env == "production":
        raise Misconfigured(
            "The API of production cannot be open to everybody.",
            hint=f"Set {variable('api_auth')} to iam or jwt.",
        )
    if chosen == "jwt" and not (settings.jwt_issuer and settings.jwt_audience):
        raise Misconfigured(
            "Tokens can only be checked against an issuer and an audience.",
            hint=f"Set {variable('jwt_issuer')} and {variable('jwt_audience')}, or choose iam.",
        )
    return chosen


def _feedback(settings: Settings) -> QueueAddress | None:
    url = settings.feedback_queue_url
    if settings.create_feedback or (settings.env == "sandbox" and not url):
        return None
    if not url:
        raise Misconfigured(
            "Nothing says where the events of SES arrive.",
            hint=f"Name the queue with {variable('feedback_queue_url')}, or have the stack make it with "
            f"{variable('create_feedback')}=True.",
        )
    if not settings.configuration_set:
        raise Misconfigured(
            "SES reports on a mail only through a configuration set, and none is named.",
            hint=f"Name the one that reports to your queue with {variable('configuration_set')}.",
        )
    if found := _QUEUE_ARN.fullmatch(url):
        address = QueueAddress(*found.groups())
    elif found := _QUEUE_URL.fullmatch(url):
        address = QueueAddress(found[1] or found[2], found[3], found[4])
    else:
        raise Misconfigured(
            f"“{url}” is neither the address nor the ARN of a queue.",
            hint=f"Copy it from the SQS console into {variable('feedback_queue_url')}.",
        )
    if address.region != settings.region:
        raise Misconfigured(
            f"The queue of SES events is in {address.region}, the stack in {settings.region}; "
            "a function reads queues of its own region only.",
            hint=f"Set {variable('region')} to {address.region}, or use a queue in {settings.region}.",
        )
    return address
