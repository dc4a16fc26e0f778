"""Every rule of the protocol is held by its test: taken out, the test fails."""

from __future__ import annotations

import pytest

from tests.mutation.mutations import MUTATIONS
from tests.mutation.run import run


@pytest.mark.slow
def test_no_mutation_survives() -> None:
    alive = [verdict for verdict in run(MUTATIONS) if verdict.word != "killed"]
    assert not alive, "\n".join(map(str, alive))
