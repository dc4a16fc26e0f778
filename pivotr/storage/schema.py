"""Tables, keys and indexes: the one place that the adapters, the infrastructure and the tests read them from.

An index carries its keys and the named projection only; nothing that changes is projected, so that an update
costs no index write (protocol: "Items").
"""

from __future__ import annotations

from pivotr import names
from pivotr.ports.table import IndexSpec, TableSpec

#: Version written into every stored item as `v`; codecs read this and all older ones.
SCHEMA_VERSION = 1

EMAIL_INDEX = "email-index"
STATUS_INDEX = "status-index"
QUEUE_INDEX = "queue-index"
DOMAIN_INDEX = "domain-index"
LEAD_INDEX = "lead-index"
MESSAGE_INDEX = "message-index"

#: Partition of `logs` and `metrics` for what belongs to the account and to no campaign.
ACCOUNT = "ALL"

TABLES: tuple[TableSpec, ...] = (
    TableSpec(
        names.LEADS,
        "id",
        indexes=(
            IndexSpec(EMAIL_INDEX, "email"),
            IndexSpec(STATUS_INDEX, "status", "created_at"),
            IndexSpec(QUEUE_INDEX, "queue", "due", projection=("email",)),
            IndexSpec(DOMAIN_INDEX, "domain", "id"),
        ),
    ),
    TableSpec(names.CAMPAIGNS, "id", indexes=(IndexSpec(STATUS_INDEX, "status", "created_at"),)),
    TableSpec(
        names.LOGS,
        "campaignId",
        "timestamp",
        indexes=(IndexSpec(LEAD_INDEX, "leadId", "timestamp"), IndexSpec(MESSAGE_INDEX, "message_id")),
    ),
    TableSpec(names.METRICS, "campaignId", "date"),
    TableSpec(names.SETTINGS, "key"),
    TableSpec(names.TEMPLATES, "id", "version"),
    TableSpec(names.SENDERS, "id"),
    TableSpec(names.MEMBERSHIPS, "list", "lead_id", indexes=(IndexSpec(LEAD_INDEX, "lead_id"),)),
    TableSpec(names.SUPPRESSIONS, "key"),
    TableSpec(names.WORK, "key", ttl="expires_at"),
)


def table(name: str) -> TableSpec:
    """The specification of a table by its logical name. Raises KeyError."""
    return next(spec for spec in TABLES if spec.name == name)


def queue_key(campaign: str, sender: str) -> str:
    """Partition of `queue-index`: the leads of one campaign that wait for one sender."""
    return f"{campaign}#{sender}"
