"""Lead files in a bucket: through a form that takes one file of the right size, and back."""

from __future__ import annotations

import base64
import io
import json

import pytest
from botocore.stub import Stubber

from pivotr.adapters.aws.clients import Clients
from pivotr.adapters.aws.s3 import S3Files
from pivotr.errors import Misconfigured, NotFound, Unavailable

BUCKET = "pivotr-dev-imports-111122223333-ap-south-1"


def test_a_form_takes_one_key_and_no_larger_file(clients: Clients) -> None:
    form = S3Files(clients, BUCKET).form("imports/u1", largest_bytes=1000, expires_seconds=900)
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert {"bucket": BUCKET} in policy["conditions"]
    assert {"key": "imports/u1"} in policy["conditions"]
    assert ["content-length-range", 1, 1000] in policy["conditions"]
    assert (form.fields["key"], form.expires_seconds) == ("imports/u1", 900)
    assert BUCKET in form.url
    assert form.url.startswith("https://")


def test_a_file_comes_back_as_it_was(account: None, clients: Clients) -> None:
    clients.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-south-1"}
    )
    files = S3Files(clients, BUCKET)
    data = bytes(range(256)) * 9000
    files.put("imports/u1", data)
    copy = io.BytesIO()
    files.fetch("imports/u1", copy)
    assert copy.getvalue() == data
    with pytest.raises(NotFound):
        files.fetch("imports/u2", io.BytesIO())


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [("AccessDenied", 403, NotFound), ("SlowDown", 503, Unavailable), ("ExpiredToken", 400, Misconfigured)],
)
def test_what_s3_answers_is_told_as_our_errors(
    clients: Clients, code: str, status: int, expected: type[Exception]
) -> None:
    with Stubber(clients.client("s3")) as stub:
        stub.add_client_error("get_object", code, "said", status)
        with pytest.raises(expected):
            S3Files(clients, BUCKET).fetch("imports/u1", io.BytesIO())
