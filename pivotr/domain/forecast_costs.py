"""What a campaign costs: checks of addresses and the services of AWS.

Prices in US dollars of us-east-1, as AWS published them in 2025; other regions differ by up to a fifth,
and no free tier is taken off. Units per mail are those of
the sending protocol (docs/performance.md, F10 to F12).
"""

from __future__ import annotations

from dataclasses import dataclass

#: SES, outgoing mail: $0.10 for 1,000 (aws.amazon.com/ses/pricing).
SES_PER_MAIL = 0.10 / 1000
#: DynamoDB on demand, standard tables: $0.625 a million write units, $0.125 a million read units.
PER_WRITE_UNIT = 0.625e-6
PER_READ_UNIT = 0.125e-6
#: SQS, standard queues: $0.40 a million requests; a record is sent, received and deleted.
PER_QUEUE_REQUEST = 0.40e-6
#: Lambda on arm64: $0.20 a million calls and $0.0000133334 a GB-second.
PER_CALL = 0.20e-6
PER_GB_SECOND = 0.0000133334

#: The protocol's budget for one delivered mail, its event of delivery included.
WRITE_UNITS = 20
READ_UNITS = 4
#: Jobs of a mail (verify, send) by three requests each; events of delivery come in batches of ten.
QUEUE_REQUESTS = 2 * 3 + 3 / 10
#: verify 0.1 s and send 0.4 s at 256 MB, a tenth of a feedback batch of 0.3 s at 128 MB.
CALLS = 2.1
GB_SECONDS = 0.5 * 0.25 + 0.03 * 0.125
#: Enrolment of one lead: 5 write units. One that the verifier leaves out: lead, indexes, log, counters.
ENROLMENT_UNITS = 5
SKIP_UNITS = 10
#: A month of standing by: pollers of three queues $0.40, alarms about $5, two secrets $0.80, heartbeat $0.05.
FIXED_PER_MONTH = 6.25


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars; `fixed` is the share of the monthly cost for the days that the campaign lasts."""

    ses: float
    dynamodb: float
    sqs: float
    compute: float
    fixed: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.ses + self.dynamodb + self.sqs + self.compute + self.fixed

    @property
    def per_thousand(self) -> float:
        """What 1,000 mails cost beside the fixed part; 0 where none is sent."""
        mails = self.ses / SES_PER_MAIL
        return (self.total - self.fixed) / mails * 1000 if mails else 0.0


def cost(mails: int, leads: int, skipped: int, days: float) -> Cost:
    """The cost of so many mails to so many newly enrolled leads, some of them left out, over some days."""
    units = mails * WRITE_UNITS + leads * ENROLMENT_UNITS + skipped * SKIP_UNITS
    return Cost(
        ses=mails * SES_PER_MAIL,
        dynamodb=units * PER_WRITE_UNIT + mails * READ_UNITS * PER_READ_UNIT,
        sqs=mails * QUEUE_REQUESTS * PER_QUEUE_REQUEST,
        compute=mails * (CALLS * PER_CALL + GB_SECONDS * PER_GB_SECOND),
        fixed=FIXED_PER_MONTH * days / 30,
    )
