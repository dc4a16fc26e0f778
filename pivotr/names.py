"""Every shared name and the figures that belong to it: tables, queues, functions, physical names, variables.

Standard library only, so that the CLI, the Lambdas and the infrastructure read the same constants.
"""

from __future__ import annotations

from dataclasses import dataclass

ENVIRONMENTS = ("local", "sandbox", "dev", "production")

# Variables of the environment that are ours; those of the founding guide are listed in settings.py.
ENV_PREFIX = "PIVOTR_"
ENV_HOME = "PIVOTR_HOME"
ENV_ENVIRONMENT = "PIVOTR_ENV"
#: Set by the Lambda runtime, and by nothing else: what runs has the keys of its own role.
ENV_IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME"

LEADS = "leads"
CAMPAIGNS = "campaigns"
LOGS = "logs"
METRICS = "metrics"
SETTINGS = "settings"
TEMPLATES = "templates"
SENDERS = "senders"
MEMBERSHIPS = "memberships"
SUPPRESSIONS = "suppressions"
WORK = "work"

#: Largest delay of one SQS message in seconds (SQS developer guide, message timers).
MAX_DELAY_SECONDS = 900


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda: its reserved concurrency, time-out in seconds and memory in MB (the guide, section 3.1)."""

    name: str
    concurrency: int
    timeout: int
    memory: int


SEND_EMAIL = FunctionSpec("send-email", 5, 30, 256)
VERIFY_EMAIL = FunctionSpec("verify-email", 3, 15, 256)
PROCESS_FEEDBACK = FunctionSpec("process-feedback", 10, 10, 128)
LEAD_IMPORT = FunctionSpec("lead-import", 2, 60, 512)
API_LEADS = FunctionSpec("api-leads", 10, 10, 256)
API_CAMPAIGNS = FunctionSpec("api-campaigns", 10, 10, 256)
API_METRICS = FunctionSpec("api-metrics", 10, 10, 256)
HEARTBEAT = FunctionSpec("heartbeat", 1, 50, 256)
UNSUBSCRIBE = FunctionSpec("unsubscribe", 5, 5, 128)
FUNCTIONS = (
    SEND_EMAIL, VERIFY_EMAIL, PROCESS_FEEDBACK, LEAD_IMPORT, API_LEADS, API_CAMPAIGNS, API_METRICS,
    HEARTBEAT, UNSUBSCRIBE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """One queue; times in seconds. Visibility is six times the time-out of the function that reads it."""

    name: str
    visibility: int
    max_receive: int
    retention: int
    dlq_retention: int
    batch: int

    @property
    def dlq(self) -> str:
        """Name of the dead-letter queue that belongs to this queue."""
        return f"{self.name}-dlq"


_DAY = 86_400

SENDING_QUEUE = QueueSpec("sending-queue", 6 * SEND_EMAIL.timeout, 3, 4 * _DAY, 14 * _DAY, 1)
VERIFICATION_QUEUE = QueueSpec("verification-queue", 6 * VERIFY_EMAIL.timeout, 2, _DAY, 7 * _DAY, 1)
FEEDBACK_QUEUE = QueueSpec("feedback-queue", 6 * PROCESS_FEEDBACK.timeout, 5, 4 * _DAY, 14 * _DAY, 10)
QUEUES = (SENDING_QUEUE, VERIFICATION_QUEUE, FEEDBACK_QUEUE)


#: The SNS topic that alarms go to.
ALERTS = "alerts"

#: Secrets Manager: the verifier's key and the mailbox's password or token as plain text; the keys of
#: addresses and tokens as JSON.
SECRET_VERIFIER = "myemailverifier"
SECRET_MAILBOX = "mailbox"
SECRET_KEYS = "keys"


def physical(environment: str, name: str) -> str:
    """What a table, queue, function or secret is called in an account: `pivotr-{environment}-{name}`."""
    return f"pivotr-{environment}-{name}"


def entry_point(function: FunctionSpec) -> str:
    """The handler that Lambda calls: `pivotr.functions.entry.send_email.handler`."""
    return f"pivotr.functions.entry.{function.name.replace('-', '_')}.handler"


#: EMF metric of records that a worker could not handle; its one dimension is `Environment`.
METRIC_NAMESPACE = "Pivotr"
FAILED_RECORDS = "FailedRecords"
#: Variable that tells lead-import (and who uploads) the bucket of large lead files.
ENV_IMPORT_BUCKET = "PIVOTR_IMPORT_BUCKET"

#: Keys of the stack's outputs. Tables and queues: `table_output`, `queue_output`.
OUTPUT_API_URL = "ApiUrl"
OUTPUT_API_ID = "ApiId"
OUTPUT_IMPORT_BUCKET = "ImportBucketName"
OUTPUT_ALERT_TOPIC = "AlertTopicArn"
OUTPUT_FEEDBACK_QUEUE_URL = "FeedbackQueueUrl"
OUTPUT_CONFIGURATION_SET = "ConfigurationSetName"
#: Parameter of the template: `aws`, or `sandbox` for the emulator.
PARAMETER_TARGET = "Target"


def stack(environment: str) -> str:
    """Name of the CloudFormation stack of an environment: `pivotr-dev`."""
    return f"pivotr-{environment}"


def camel(name: str) -> str:
    """A name as CloudFormation likes them: `SendEmail` for `send-email`."""
    return "".join(part.capitalize() for part in name.split("-"))


def table_output(table: str, what: str) -> str:
    """Key of an output of a table, `what` being `Name` or `Arn`: `LeadsTableName`."""
    return f"{camel(table)}Table{what}"


def queue_output(queue: str) -> str:
    """Key of the output with the address of a queue: `SendingQueueUrl`, `SendingQueueDlqUrl`."""
    return f"{camel(queue)}Url"
