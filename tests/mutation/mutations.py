"""One weakening of the code for each rule of the sending protocol, and the test that must notice it.

The rules are those of docs/protocol.md, "What breaks without each rule". The old text must be in its file
exactly once: whoever changes such a line says here what the rule looks like now.
"""

from __future__ import annotations

from tests.mutation.edits import Mutation
from tests.mutation.of_claims import CLAIMS
from tests.mutation.of_endings import ENDINGS
from tests.mutation.of_lanes import LANES

MUTATIONS: tuple[Mutation, ...] = (*CLAIMS, *ENDINGS, *LANES)
