"""The key file of the embedded environment: made once, private, and rotated without breaking old links."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pivotr.adapters.embedded.keys import load_keys, rotate_unsubscribe_key
from pivotr.domain.unsubscribing import make_token, read_token
from pivotr.errors import Conflict, Misconfigured, NotFound


def test_the_file_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "pivotr.key"
    made = load_keys(path, may_create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(path, may_create=False) == made
    assert made.lead.hex() not in repr(made)


def test_links_of_every_older_key_stay_valid_and_ids_of_leads_stay(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.key"
    first = load_keys(path, may_create=True)
    tokens = [make_token(first.unsubscribe[0], "c1", "l1")]
    for older in (1, 2, 3):
        assert rotate_unsubscribe_key(path) == older
        keys = load_keys(path, may_create=False)
        assert keys.lead == first.lead
        assert len(set(keys.unsubscribe)) == older + 1
        tokens.append(make_token(keys.unsubscribe[0], "c1", "l1"))
        assert [read_token(keys.unsubscribe, token) for token in tokens] == [("c1", "l1")] * len(tokens)
    assert len(set(tokens)) == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["pivotr.key"]
    with pytest.raises(NotFound):
        read_token(first.unsubscribe, tokens[-1])


def test_a_rotation_that_cannot_be_done_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pivotr.key"
    with pytest.raises(Misconfigured, match="no key file"):
        rotate_unsubscribe_key(path)
    before = load_keys(path, may_create=True)
    other = tmp_path / ".pivotr.key.next"
    other.touch()
    with pytest.raises(Conflict):
        rotate_unsubscribe_key(path)
    assert other.exists()
    other.unlink()
    assert load_keys(path, may_create=False) == before
    path.write_text("{}")
    with pytest.raises(Misconfigured, match="cannot be read"):
        rotate_unsubscribe_key(path)
    assert path.read_text() == "{}"
