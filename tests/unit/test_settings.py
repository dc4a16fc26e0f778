"""Where settings come from: variables of the founding guide, ours, `.env`, `pivotr.toml`; which wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pivotr.errors import Misconfigured
from pivotr.settings import GUIDE_VARIABLES, Settings, load

QUEUE = "https://sqs.eu-west-1.amazonaws.com/123456789012/ses-feedback"
GUIDE = {
    "AWS_SES_REGION": "eu-west-1",
    "AWS_SES_CONFIGURATION_SET": "sent",
    "AWS_SES_FROM_EMAIL": "sales@acme.example",
    "AWS_SQS_QUEUE_URL": QUEUE,
    "AWS_SQS_REGION": "eu-west-1",
    "CDK_DEFAULT_ACCOUNT": "123456789012",
    "CDK_DEFAULT_REGION": "us-east-1",
}


def test_the_guides_variables_are_read_and_ours_win(tmp_path: Path) -> None:
    assert GUIDE.keys() == GUIDE_VARIABLES.keys()
    found = load(GUIDE, folder=tmp_path)
    assert (found.region, found.configuration_set, found.identities) == (
        "eu-west-1", "sent", ("sales@acme.example",),
    )  # fmt: skip
    assert (found.feedback_queue_url, found.feedback_region, found.account) == (
        QUEUE, "eu-west-1", "123456789012",
    )  # fmt: skip
    assert load({"CDK_DEFAULT_REGION": "us-east-1"}, folder=tmp_path).region == "us-east-1"
    ours = {
        "PIVOTR_REGION": "ap-south-1",
        "PIVOTR_ACCOUNT": "210987654321",
        "PIVOTR_IDENTITIES": "acme.example",
    }
    found = load({**GUIDE, **ours}, folder=tmp_path)
    assert (found.region, found.account, found.identities) == (
        "ap-south-1",
        "210987654321",
        ("acme.example",),
    )


def test_the_guides_variables_may_stand_in_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# from the guide\nexport AWS_SES_REGION='eu-west-1'\nAWS_SQS_QUEUE_URL=\n"
    )
    assert load({}, folder=tmp_path).region == "eu-west-1"
    assert load({}, folder=tmp_path).feedback_queue_url == ""
    assert load({"AWS_SES_REGION": "us-east-1"}, folder=tmp_path).region == "us-east-1"


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PIVOTR_ACCOUNT", "1234-5678-9012", "account is wrong: an account of AWS has twelve digits."),
        (
            "PIVOTR_API_URL",
            "api.acme.example",
            "api_url is wrong: it must begin with https:// or http://.",
        ),
        ("PIVOTR_LOG_RETENTION_DAYS", "many", "log_retention_days is wrong: it must be a whole number."),
    ],
)
def test_a_wrong_value_is_told_in_words(tmp_path: Path, variable: str, value: str, told: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        load({variable: value}, folder=tmp_path)
    assert refused.value.sentence == f"The setting {told}"
    assert variable in refused.value.hint


@pytest.mark.parametrize("env", ["dev", "production"])
def test_the_guides_keys_for_ses_are_no_setting(env: str, tmp_path: Path) -> None:
    keys = {"AWS_SES_ACCESS_KEY_ID": "AKIAEXAMPLEEXAMPLE00", "AWS_SES_SECRET_ACCESS_KEY": "not-to-be-kept"}
    found = load(keys, flags={"env": env}, folder=tmp_path)
    assert found == load({}, flags={"env": env}, folder=tmp_path)
    assert "not-to-be-kept" not in Settings.model_dump_json(found)
