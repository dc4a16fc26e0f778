"""The template as a whole: valid, the same each time, without secrets, fit for AWS and for the emulator."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from tests.infra.acknowledged import LEFT_OPEN, reasons
from tests.infra.conftest import Stack
from tests.infra.synthesise import JUDGED

#: Warnings of cfn-lint that stay. W3005: the CDK writes dependencies that a reference implies already.
TOLERATED = {"W3005"}


def findings(report: Path) -> list[str]:
    return [
        one["ruleName"]
        for judge in json.loads(report.read_text())["pluginReports"]
        for one in judge.get("violations", [])
    ]


def test_cfn_lint_has_nothing_to_say(production: Stack, dev: Stack, tokens: Stack) -> None:
    for stack, region in ((production, "ap-south-1"), (dev, "ap-south-1"), (tokens, "eu-west-1")):
        for match in lint(stack.path.read_text(), config=ManualArgs(regions=[region])):
            # The emulator checks bulk inserts under a name that is no action of AWS.
            is_for_sandbox = match.rule.id == "W3037" and "batchexecutestatement" in match.message
            assert match.rule.id in TOLERATED or is_for_sandbox, str(match)


def test_the_rules_of_aws_solutions_find_nothing_without_a_reason(assemblies: Path) -> None:
    found = {name: findings(assemblies / f"{name}-judged" / "validation-report.json") for name in JUDGED}
    assert found == {"production": [], "dev": [f"AwsSolutions-{LEFT_OPEN}"]}


def test_every_acknowledged_finding_has_a_reason_of_some_length() -> None:
    assert all(len(reason) > 30 for _, reason in reasons("production", "*"))


def test_a_second_synth_gives_the_same_template(assemblies: Path) -> None:
    for name in JUDGED:
        first = assemblies / name / f"pivotr-{name}.template.json"
        again = assemblies / f"{name}-judged" / f"pivotr-{name}.template.json"
        assert first.read_bytes() == again.read_bytes()


def test_no_secret_and_nothing_of_this_machine_is_in_a_template(production: Stack, dev: Stack) -> None:
    for stack in (production, dev):
        text = stack.path.read_text()
        assert str(Path.home()) not in text
        assert not re.search(r"(?i)(password|api_?key|secret_?(access_)?key|private_key)\"?\s*[:=]", text)
        assert not re.search(r"AKIA[0-9A-Z]{16}", text)
        assert not stack.resources("AWS::SecretsManager::Secret"), "secrets are made by the command line"


def test_everything_that_can_be_tagged_is(production: Stack) -> None:
    for kind in ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::SNS::Topic",
                 "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::Logs::LogGroup"):  # fmt: skip
        for one in production.resources(kind).values():
            tags = {tag["Key"]: tag["Value"] for tag in one["Properties"]["Tags"]}
            assert tags == {"Project": "pivotr", "Environment": "production"}, kind


def test_one_parameter_tells_aws_from_the_emulator(production: Stack) -> None:
    target = production.template["Parameters"]["Target"]
    assert (target["Default"], target["AllowedValues"]) == ("aws", ["aws", "sandbox"])
    conditions = {
        key: one["Fn::Equals"] for key, one in production.template["Conditions"].items() if "Sandbox" in key
    }
    on = {value[1]: key for key, value in conditions.items()}
    for one in production.template["Resources"].values():
        properties = one.get("Properties", {})
        is_refused = one["Type"] == "AWS::Budgets::Budget" or (
            one["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in properties
        )
        is_overlay = one["Type"] == "AWS::IAM::Policy"
        wanted = on["aws"] if is_refused else on["sandbox"] if is_overlay else None
        assert one.get("Condition") == wanted, one["Type"]


def test_only_production_cannot_be_deleted_by_a_slip(assemblies: Path) -> None:
    for name, is_protected in (("production", True), ("dev", False)):
        manifest = json.loads((assemblies / name / "manifest.json").read_text())
        said = manifest["artifacts"][f"pivotr-{name}"]["properties"]
        assert said.get("terminationProtection", False) is is_protected


def test_a_template_is_well_below_the_limits_of_cloudformation(production: Stack) -> None:
    assert len(production.path.read_bytes()) < 900_000, "1 MB from a bucket"
    assert len(production.template["Resources"]) < 450, "500"
    assert len(production.template["Outputs"]) < 180, "200"
