"""Examples of answers, one for each model of `answers`; a test holds them against it."""

from __future__ import annotations

from typing import Any

FILE = "email,full name,company\nasha@rao.example,Asha Rao,Rao Foods\n"

_SUPPRESSION = {
    "key": "xntkt5hikhxbqq5epvq2e4st6", "reason": "operator", "source": "letter of 12 November",
    "actor": "meena@acme.example", "at": "2026-11-24T04:30:00.000Z", "email": "vijay@iyer.example",
}  # fmt: skip
_LEAD = {
    "id": "lntkt5hikhxbqq5epvq2e4st6", "email": "asha@rao.example", "domain": "rao.example",
    "full_name": "Asha Rao", "first_name": "Asha", "company": "Rao Foods", "fields": {"City": "Pune"},
    "corrected": [], "type": "warm", "tags": ["fair"], "source": "trade fair", "basis": "consent",
    "import_id": "", "flags": [], "created_at": "2026-11-24T04:30:00.000Z", "status": "sent", "reason": "",
    "due": None, "step": 1, "mailed_at": "2026-11-24T04:31:12.000Z", "seen": ["diwali-outreach-0005"],
    "verdict": "valid", "verdict_flags": [], "verified_at": "2026-11-24T04:30:40.000Z",
    "campaign": "diwali-outreach-0005", "sender": "sbzz7ofrkf64evzho",
}  # fmt: skip
_REPORT = {
    "import_id": "ijztcxd7jyx7hnjdc", "file": "leads.csv", "list": "diwali", "rows": 3, "accepted": 2,
    "updated": 0, "staged": 0, "duplicate": 1, "rejected": 0, "reasons": {"duplicate_email": 1},
    "warnings": {"no_greeting": 1}, "is_dry_run": False, "is_continued": False,
    "columns": {"email": "email", "full_name": "full name"}, "variables": [], "is_unfinished": False,
    "sheet": "", "other_sheets": [],
}  # fmt: skip
_CAMPAIGN = {
    "id": "diwali-outreach-0005", "name": "Diwali outreach", "status": "running", "reason": "",
    "created_at": "2026-11-24T04:00:00.000Z", "started_at": "2026-11-24T04:30:00.000Z", "ended_at": "",
    "lists": ["diwali"],
    "filters": {
        "tags": [], "types": [], "statuses": [], "verdicts": [], "sources": [], "bases": [], "imports": [],
        "exclude_mailed_within_days": 0,
    },
    "cap": 80,
    "policy": {"catch_all": "skip", "unknown": "skip", "role": "send", "disposable": "skip"},
    "not_mailed_within_days": 0, "domain_cap": 0, "steps": ["intro@1", "nudge@1+3d"],
    "senders": ["sales@acme.example"], "window": "mon-fri 09:30-17:30 Asia/Kolkata", "zone": "Asia/Kolkata",
    "gap": "60-180", "enrolment": {"done": True, "position": 2, "left_out": {"suppressed": 1}},
}  # fmt: skip
_LANE = {
    "sender": "sales@acme.example", "waits_for": "gap", "next_at": "2026-11-24T04:33:05.000Z", "open": True,
    "stopped": "",
}  # fmt: skip
_TEMPLATE = {
    "id": "intro", "version": 1, "subject": "A question for {{Company|you}}",
    "text": "{Hi|Hello} {{FirstName|there}},\n\nmay I ask you something?", "html": None,
    "created_at": "2026-11-24T04:00:00.000Z", "actor": "meena@acme.example", "note": "",
}  # fmt: skip
_SETTING = {
    "key": "account.cap", "value": 120, "default": 300,
    "help": "Most mails a day from all senders together.", "is_set": True, "actor": "meena@acme.example",
    "at": "2026-11-24T04:00:00.000Z",
}  # fmt: skip
_METRICS = {
    "campaign": "diwali-outreach-0005", "name": "Diwali outreach", "status": "running",
    "totals": {"enrolled": 2, "sent": 1, "delivered": 1},
    "days": [{"day": "2026-11-24", "counts": {"enrolled": 2, "sent": 1, "delivered": 1}}],
}  # fmt: skip

EXAMPLES: dict[str, Any] = {
    "Lead": _LEAD,
    "LeadView": {
        **_LEAD, "lists": ["diwali"], "suppression": None,
        "mails": [
            {
                "campaign": "diwali-outreach-0005", "step": 1, "sender": "sales@acme.example",
                "at": "2026-11-24T04:31:12.000Z", "template": "intro", "version": 1, "outcome": "sent",
                "events": [["delivered", "2026-11-24T04:31:15.000Z"]],
            }
        ],
    },
    "LeadGone": {"id": _LEAD["id"], "status": "deleted", "being_sent": False},
    "LogLines": {
        "items": [
            {
                "at": "2026-11-24T04:31:12.000Z", "kind": "sent",
                "sentence": "Mail 1 to asha@rao.example was accepted by the provider.",
                "campaign": "diwali-outreach-0005", "lead": _LEAD["id"], "email": "asha@rao.example",
                "sender": "sales@acme.example", "step": 1, "actor": "", "reason": "",
            }
        ]
    },
    "Erasure": {
        "lead": _LEAD["id"], "was_lead": True, "lists": 1, "entries": 4, "staged": 0, "is_suppressed": False,
        "is_open": False,
    },
    "ListSize": {"name": "diwali", "members": 2, "is_whole": True},
    "Suppression": _SUPPRESSION,
    "SuppressionMade": {"suppression": _SUPPRESSION, "stopped": 1},
    "SuppressionCheck": {"suppressed": True, "suppression": _SUPPRESSION},
    "SuppressionGone": {"target": "vijay@iyer.example", "freed": 1},
    "ImportAnswer": {"report": _REPORT, "upload": None},
    "UploadBegun": {
        "upload": "0f6c1b4e6a4f4f0e",
        "form": {
            "url": "https://s3.ap-south-1.amazonaws.com/pivotr-dev-imports", "expires_seconds": 900,
            "largest_bytes": 52428800, "fields": {"key": "imports/0f6c1b4e6a4f4f0e", "policy": "eyJ…"},
        },
    },
    "Upload": {
        "upload": "0f6c1b4e6a4f4f0e", "file": "leads.xlsx", "actor": "meena@acme.example",
        "state": "importing", "at": "2026-11-24T04:00:00.000Z", "rows": 12000, "import_id": "", "reason": "",
    },
    "Readiness": {
        "campaign": "diwali-outreach-0005", "audience": 2, "is_whole": True,
        "remarks": [
            {
                "severity": "warning", "code": "no-address",
                "sentence": "No postal address is under the mails.",
                "hint": "Set it: pivotr settings set footer.address …",
            }
        ],
        "lacking": [{"address": "vijay@iyer.example", "variables": ["Company"]}],
    },
    "TestSends": {
        "items": [
            {
                "to": "me@acme.example", "result": "accepted", "detail": "", "message_id": "0100019ab-1",
                "sender": "sales@acme.example", "lead": "asha@rao.example",
                "subject": "A question for Rao Foods", "variant": "0/0",
                "attempt": "20261124T043000000Z-0f6c1b4e6a4f4f0e",
                "mail": "From: Acme Sales <sales@acme.example>\r\n…",
            }
        ]
    },
    "ImportRun": {
        "import_id": _REPORT["import_id"], "file": "leads.csv", "list": "diwali",
        "actor": "meena@acme.example", "state": "done", "began": "2026-11-24T04:00:00.000Z",
        "at": "2026-11-24T04:00:01.000Z", "rows": 3,
        "report": _REPORT, "approved": 0, "discarded": 0, "undone": None,
    },
    "Campaign": _CAMPAIGN,
    "CampaignView": {
        **_CAMPAIGN, "totals": {"enrolled": 2, "sent": 1, "delivered": 1, "waiting": 1}, "lanes": [_LANE]
    },
    "Previews": {
        "items": [
            {
                "lead_id": _LEAD["id"], "to": "asha@rao.example", "sender": "sales@acme.example",
                "subject": "A question for Rao Foods", "text": "Hi Asha,\n\nmay I ask you something?",
                "html": None, "variant": "0/0", "mail": "From: Acme Sales <sales@acme.example>\r\n…",
            }
        ]
    },
    "Forecast": {
        "start": "2026-11-24T04:30:00.000Z", "zone": "Asia/Kolkata", "leads": 160, "mails": 160, "skipped": 0,
        "days": [
            {"day": "2026-11-24", "mails": 80, "limit": "campaign"},
            {"day": "2026-11-25", "mails": 80, "limit": "leads"},
        ],
        "first_at": "2026-11-24T04:32:00.000Z",
        "finish": {
            "early": "2026-11-25T06:50:00.000Z", "middle": "2026-11-25T06:58:00.000Z",
            "late": "2026-11-25T07:07:00.000Z",
        },
        "limit": "campaign", "credits": 160, "stuck": 0,
        "cost": {
            "ses": 0.016, "dynamodb": 0.003, "sqs": 0.0004, "compute": 0.0004, "fixed": 0.42, "total": 0.44,
            "per_thousand": 0.12,
        },
    },
    "Explanation": {
        "campaign": _CAMPAIGN["id"], "lead": _LEAD["id"], "email": "asha@rao.example", "status": "sent",
        "why": ["Mail 1 was accepted by the provider Tue 24 Nov 10:01, from sales@acme.example."],
        "next": ["Its sequence is over: nothing more is sent to it by this campaign."], "about": None,
        "events": [{"at": "2026-11-24T04:31:12.000Z", "kind": "sent", "step": 1, "reason": ""}],
    },
    "Template": _TEMPLATE,
    "TemplateView": {**_TEMPLATE, "versions": [1]},
    "Lint": {
        "findings": [
            {
                "severity": "note", "code": "no_way_out", "part": "text", "sentence": "There is no way out.",
                "line": 0, "column": 0,
            }
        ],
        "shortest": 40, "longest": 43, "variables": ["FirstName", "Company"], "without_fallback": [],
        "variants": "2", "passes": True,
    },
    "Sender": {
        "id": "sbzz7ofrkf64evzho", "address": "sales@acme.example", "name": "Acme Sales", "reply_to": "",
        "signature": "Sam, Acme", "zone": "Asia/Kolkata", "cap": 80, "created_at": "2026-11-24T04:00:00.000Z",
        "ramp": "20+10..80", "gap": None, "used_today": 1, "cap_today": 20, "waits_for": "gap",
        "next_at": "2026-11-24T04:33:05.000Z", "open": True, "stopped": "",
        "campaigns": ["diwali-outreach-0005"],
    },
    "Queues": {
        "items": [{"queue": "sending-queue", "waiting": 1, "delayed": 0, "in_flight": 0, "dead": 0}]
    },
    "DeadLetters": {"items": [{"id": "6f7c1d7e", "body": "{\"sender\":\"sbzz7ofrkf64evzho\",\"ticket\":7}"}]},
    "Redriven": {"queue": "sending-queue", "redriven": 3},
    "Purged": {"queue": "sending-queue", "purged": 3},
    "Setting": _SETTING,
    "Settings": {"items": [_SETTING]},
    "Dashboard": {
        "day": "2026-11-24", "zone": "Asia/Kolkata", "used": 1, "limit": 120, "week_used": 1,
        "week_bounced": 0, "week_complained": 0, "health": "ok", "health_reason": "",
        "guard_tripped": False, "guard_reason": "",
        "days": [{"day": "2026-11-24", "counts": {"used": 1, "limit": 120}}],
        "campaigns": [{**_METRICS, "days": []}],
    },
    "CampaignMetrics": _METRICS,
    "Health": {"status": "ok", "version": "0.1.0", "environment": "local"},
}  # fmt: skip
