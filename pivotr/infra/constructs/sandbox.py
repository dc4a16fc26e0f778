"""What differs on the emulator of `sandbox`: one template serves both, told apart by one parameter.

A resource whose condition is false is accepted by the emulator whatever its type is.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from constructs import Construct

from pivotr import names
from pivotr.infra import permissions
from pivotr.names import FunctionSpec

#: Resource types that the emulator refuses, and with them the whole stack. Alarms on metric math join them.
NOT_ON_SANDBOX = ("AWS::Budgets::Budget",)


class Sandbox(Construct):
    """The parameter `Target` (`aws` or `sandbox`) and its two conditions."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        target = cdk.CfnParameter(
            self,
            "TargetParameter",
            type="String",
            default="aws",
            allowed_values=["aws", "sandbox"],
            description="Where this stack is created: in an AWS account, or on the emulator.",
        )
        target.override_logical_id(names.PARAMETER_TARGET)
        self._on_aws = cdk.CfnCondition(
            self, "OnAws", expression=cdk.Fn.condition_equals(target.value_as_string, "aws")
        )
        self._on_sandbox = cdk.CfnCondition(
            self, "OnSandbox", expression=cdk.Fn.condition_equals(target.value_as_string, "sandbox")
        )

    def only(self, resource: cdk.CfnResource) -> None:
        """Create this on the emulator only."""
        resource.cfn_options.condition = self._on_sandbox

    def spare(self, root: Construct) -> None:
        """Keep everything under `root` that the emulator refuses to AWS."""
        for child in root.node.find_all():
            if isinstance(child, cdk.CfnResource) and _is_refused(child):
                child.cfn_options.condition = self._on_aws

    def statements(self, function: FunctionSpec) -> list[iam.PolicyStatement]:
        """What the emulator checks under another name or resource than AWS does."""
        grants = permissions.GRANTS[function]
        actions = ["ses:SendEmail"] if grants.is_sending else []
        if any(permissions.INSERT in on.single for on in grants.tables):
            actions.append("dynamodb:BatchExecuteStatement")
        return [iam.PolicyStatement(actions=actions, resources=["*"])] if actions else []


def _is_refused(resource: cdk.CfnResource) -> bool:
    is_math = isinstance(resource, cloudwatch.CfnAlarm) and resource.metrics is not None
    return is_math or resource.cfn_resource_type in NOT_ON_SANDBOX
