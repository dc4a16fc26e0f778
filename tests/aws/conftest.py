"""An account of AWS in this process (moto), and clients with keys that open nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from moto import mock_aws

from pivotr.adapters.aws.clients import Clients
from tests.aws.resources import make_clients


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No profile, key or file of the developer's machine has a say."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "PIVOTR_", "MYEMAILVERIFIER_")):
            monkeypatch.delenv(name)
    nowhere = tmp_path_factory.getbasetemp() / "no-such-file"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(nowhere))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def account(no_credentials: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh, empty account."""
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Made once: a client takes half a second, and what a test changes on it is taken back."""
    return make_clients()
