"""Ids are the same in every version: a lead is found by what its address gave years ago."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from pivotr.domain.chance import base32, keyed_id


@given(st.binary(max_size=100), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_id_is_the_first_120_bits_of_hmac_sha_256(key: bytes, text: str) -> None:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:15]
    assert keyed_id("l", key, text) == "l" + base64.b32encode(digest).decode().lower()


@given(st.binary(max_size=8).map(lambda raw: raw * 5))
def test_base32_is_that_of_rfc_4648_in_lower_case(raw: bytes) -> None:
    assert base32(raw) == base64.b32encode(raw).decode().lower()


def test_an_id_of_an_installation_never_changes() -> None:
    assert keyed_id("l", b"key", "asha@rao.example") == "lje2ajd6yd4eg5i24ju72swfj"
