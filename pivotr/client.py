"""The Python client of the HTTP API: typed, synchronous, the same errors as everywhere in Pivotr.

from pivotr.client import CampaignNew, Pivotr

pivotr = Pivotr("http://127.0.0.1:8000")
for lead in pivotr.leads.list(list_name="diwali"):
    print(lead.email)
draft = pivotr.campaigns.create(
    CampaignNew(name="Diwali", steps=("intro",), senders=("sales@acme.example",), lists=("diwali",))
)
pivotr.campaigns.start(draft.id)
"""

from __future__ import annotations

from typing import Any

from pivotr.api.answers.system import Health
from pivotr.api.models.campaigns import CampaignChange, CampaignNew, FiltersNew, PolicyChange, SendTest
from pivotr.api.models.leads import LeadChange, LeadNew, SuppressionNew, UploadNew
from pivotr.api.models.mail import SenderChange, SenderNew, TemplateChange, TemplateNew
from pivotr.api_client.account import DeadLetterQueues, Metrics, OperatorSettings
from pivotr.api_client.campaigns import Campaigns
from pivotr.api_client.leads import Imports, LeadLists, Leads, Suppressions
from pivotr.api_client.mail import Senders, Templates
from pivotr.api_client.nouns import Noun
from pivotr.api_client.signing import AwsSignature, Bearer
from pivotr.api_client.transport import Signer, Transport


class Pivotr(Noun):
    """The API at `url` (with or without `/api`), noun by noun.

    `signer` proves who calls: `Bearer(token)` or `AwsSignature(region)`. Reading, creating, starting and
    resuming are tried again (`retries` times) when nobody answers, and done once all the same; nothing else
    is ever sent twice. Every method raises the classes of `pivotr.errors`: Unavailable and NoAnswer where
    nobody answers, Misconfigured and Rejected where the caller is not let in.
    """

    def __init__(self, url: str, signer: Signer | None = None, *, retries: int = 2, **how: Any) -> None:
        super().__init__(Transport(url, signer, retries=retries, **how))
        self.leads = Leads(self._transport)
        self.imports = Imports(self._transport)
        self.lists = LeadLists(self._transport)
        self.suppressions = Suppressions(self._transport)
        self.campaigns = Campaigns(self._transport)
        self.templates = Templates(self._transport)
        self.senders = Senders(self._transport)
        self.metrics = Metrics(self._transport)
        self.dlq = DeadLetterQueues(self._transport)
        self.settings = OperatorSettings(self._transport)

    def health(self) -> Health:
        """That the API answers, its version and environment."""
        return self._one(Health, "GET", "/api/health")


__all__ = [
    "AwsSignature",
    "Bearer",
    "CampaignChange",
    "CampaignNew",
    "FiltersNew",
    "LeadChange",
    "LeadNew",
    "Pivotr",
    "PolicyChange",
    "SendTest",
    "SenderChange",
    "SenderNew",
    "Signer",
    "SuppressionNew",
    "TemplateChange",
    "TemplateNew",
    "UploadNew",
]
