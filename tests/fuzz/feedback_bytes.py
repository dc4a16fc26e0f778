"""Coverage-guided noise against everything that reads what strangers send: events, mails, the handler.

Needs `pip install atheris`, which the project does not depend on. Runs until it is stopped or finds an error:

    python -m tests.fuzz.feedback_bytes tests/data/incoming [-max_total_time=600]

A finding is written to a file whose name it prints; give its path to see it again. The property tests in
tests/unit and tests/functions try the same with less patience.
"""

from __future__ import annotations

import sys
from typing import Any


def main() -> None:
    """Fuzz until stopped."""
    try:
        import atheris
    except ImportError:
        sys.exit("This needs atheris: pip install atheris")
    with atheris.instrument_imports():
        from pivotr.domain.feedback import parse_body
        from pivotr.domain.incoming import read
        from pivotr.functions import process_feedback
        from pivotr.functions.events import sqs_event
        from pivotr.ports.queues import Received
        from tests.services.house import House

    house = House()

    def one(data: bytes) -> None:
        read(data)
        body = data.decode("utf-8", "surrogateescape")
        parse_body(body)
        storable = data.decode("utf-8", "replace")
        record = Received("1", storable, "receipt", 1, 0)
        event: dict[str, Any] = sqs_event("feedback-queue", [record], environment="local", region="-")
        answer = process_feedback.handle(event, house.services)
        assert set(answer) == {"batchItemFailures"}

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
