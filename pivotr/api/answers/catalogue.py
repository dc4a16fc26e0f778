"""Every answer by the name that the routes use."""

from __future__ import annotations

from pydantic import BaseModel

from pivotr.api.answers.campaigns import (
    Campaign,
    CampaignView,
    Explanation,
    Forecast,
    Previews,
    Readiness,
    TestSends,
)
from pivotr.api.answers.leads import (
    ImportAnswer,
    Lead,
    LeadGone,
    LeadView,
    ListSize,
    LogLines,
    SuppressionCheck,
    SuppressionGone,
    SuppressionMade,
    UploadBegun,
)
from pivotr.api.answers.mail import Lint, Sender, Template, TemplateView
from pivotr.api.answers.system import (
    DeadLetters,
    Health,
    Problem,
    Purged,
    Queues,
    Redriven,
    Setting,
    Settings,
)
from pivotr.domain.reports import AccountMetrics, CampaignMetrics, ErasureReport, ImportRun, UploadRun
from pivotr.domain.suppression import Suppression

#: Name in the routes → model; some are reports of the services as they are.
MODELS: dict[str, type[BaseModel]] = {
    "Problem": Problem,
    "Lead": Lead,
    "LeadView": LeadView,
    "LeadGone": LeadGone,
    "LogLines": LogLines,
    "Erasure": ErasureReport,
    "ListSize": ListSize,
    "Suppression": Suppression,
    "SuppressionMade": SuppressionMade,
    "SuppressionCheck": SuppressionCheck,
    "SuppressionGone": SuppressionGone,
    "ImportAnswer": ImportAnswer,
    "UploadBegun": UploadBegun,
    "Upload": UploadRun,
    "ImportRun": ImportRun,
    "Campaign": Campaign,
    "CampaignView": CampaignView,
    "Previews": Previews,
    "Readiness": Readiness,
    "TestSends": TestSends,
    "Forecast": Forecast,
    "Explanation": Explanation,
    "Template": Template,
    "TemplateView": TemplateView,
    "Lint": Lint,
    "Sender": Sender,
    "Queues": Queues,
    "DeadLetters": DeadLetters,
    "Redriven": Redriven,
    "Purged": Purged,
    "Setting": Setting,
    "Settings": Settings,
    "Dashboard": AccountMetrics,
    "CampaignMetrics": CampaignMetrics,
    "Health": Health,
}
