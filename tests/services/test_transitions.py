"""Pausing all that runs: nobody may go on sending who was told to have stopped."""

from __future__ import annotations

import pytest

from pivotr.domain.campaigns import Campaign
from pivotr.errors import Conflict
from pivotr.services.transitions import Transitions
from tests.services.house import House


@pytest.fixture
def running(house: House) -> list[Campaign]:
    """Two campaigns that run."""
    house.take("name,email\nAsha Rao,asha@rao.example\n")
    found = [house.campaign(), house.campaign()]
    for campaign in found:
        house.services.transitions.start(campaign.id)
    return found


def test_one_that_ends_meanwhile_is_left_out(
    house: House, running: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    transitions, pause = house.services.transitions, Transitions.pause

    def too_late(self: Transitions, key: str, **words: str) -> Campaign:
        if key == running[0].id:
            self.abort(key)
        return pause(self, key, **words)

    monkeypatch.setattr(Transitions, "pause", too_late)
    assert [one.id for one in transitions.pause_all(reason="restored: so")] == [running[1].id]


def test_one_that_cannot_be_paused_is_no_secret(
    house: House, running: list[Campaign], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_self: Transitions, _key: str, **_words: str) -> Campaign:
        raise Conflict("The campaign changed at this very moment.", hint="Try again.")

    with monkeypatch.context() as patched:
        patched.setattr(Transitions, "pause", busy)
        with pytest.raises(Conflict, match="at this very moment"):
            house.services.transitions.pause_all(reason="restored: so")
    # asked again it goes on
    assert len(house.services.transitions.pause_all(reason="restored: so")) == 2
    assert house.services.transitions.pause_all(reason="restored: so") == []
