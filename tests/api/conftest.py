"""A house with two leads, a template, a sender and a draft; and somebody who calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.caller import Caller
from tests.services.house import House

LEADS = "name,email\nAsha Rao,asha@rao.example\nVijay Iyer,vijay@iyer.example\n"


@pytest.fixture
def house() -> Iterator[House]:
    built = House()
    built.take(LEADS)
    yield built
    built.file.close()


@pytest.fixture
def call(house: House) -> Caller:
    return Caller(house, auth="none")


@pytest.fixture
def draft(house: House) -> str:
    return house.campaign().id
