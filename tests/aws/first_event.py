"""A Lambda process from its import to the end of its first event; what it did is told as JSON on stderr.

`python -m tests.aws.first_event FUNCTION < EVENT`
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass
class Context:
    """The attributes of Lambda's context that are read."""

    function_name: str
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:ap-south-1:111122223333:function:f"
    aws_request_id: str = "request-1"
    tenant_id: str | None = None


def main() -> None:
    function = sys.argv[1]
    event = json.load(sys.stdin)
    entry = importlib.import_module(f"pivotr.functions.entry.{function}")
    before = set(sys.modules)
    answer: Any = entry.handler(event, Context(function))
    told = {"grown": sorted(set(sys.modules) - before), "answer": answer, "loaded": sorted(before)}
    sys.stderr.write(json.dumps(told))


if __name__ == "__main__":
    main()
