"""The functions with their roles, logs and event sources (the guide, phase 3)."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from pivotr import names
from pivotr.infra import permissions
from pivotr.infra.asset import Archive
from pivotr.infra.config import Config, function_variables
from pivotr.infra.constructs.arns import Arns
from pivotr.infra.constructs.sandbox import Sandbox
from pivotr.names import FunctionSpec, QueueSpec
from pivotr.settings import variable

#: The runtime of the functions; deprecated on 30 June 2029 (Lambda developer guide, "Runtimes").
RUNTIME = lambda_.Runtime.PYTHON_3_13
HEARTBEAT_MINUTES = 5
#: These call each other, or themselves, for as long as a campaign or an import lasts. Lambda would take that
#: for a runaway loop and stop it after 16 rounds (Lambda developer guide, "Recursive loop detection").
LOOPS_ON_PURPOSE = (names.SEND_EMAIL, names.VERIFY_EMAIL, names.LEAD_IMPORT)
#: A heartbeat that could not start within a minute is not worth starting: the next one knows more.
HEARTBEAT_MAX_AGE = 60
#: Smallest value that SQS event sources take; for accounts that cannot reserve concurrency.
LEAST_CONCURRENCY = 2


class LambdaFunctions(Construct):
    """One function per specification, by logical name in `functions`."""

    functions: Mapping[str, lambda_.Function]

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        code: Archive,
        arns: Arns,
        sandbox: Sandbox,
        sources: Mapping[str, sqs.IQueue],
        variables: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._arns = arns
        self._sandbox = sandbox
        self._code = lambda_.Code.from_asset(str(code.path), asset_hash=code.digest)
        topic = config.settings.alarm_topic or arns.of(f"topic/{names.ALERTS}")[0]
        self._variables = {**function_variables(config), variable("alarm_topic"): topic, **variables}
        self.functions = {spec.name: self._function(spec) for spec in names.FUNCTIONS}
        for queue, spec in (
            (names.SENDING_QUEUE, names.SEND_EMAIL),
            (names.VERIFICATION_QUEUE, names.VERIFY_EMAIL),
            (names.FEEDBACK_QUEUE, names.PROCESS_FEEDBACK),
        ):
            self._source(queue, spec, sources[queue.name])
        self._schedule()

    def _function(self, spec: FunctionSpec) -> lambda_.Function:
        config = self._config
        physical = names.physical(config.env, spec.name)
        is_heartbeat = spec is names.HEARTBEAT
        log = logs.LogGroup(
            self,
            f"{names.camel(spec.name)}Log",
            log_group_name=f"/aws/lambda/{physical}",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        log.node.default_child.add_property_override("RetentionInDays", config.settings.log_retention_days)
        return lambda_.Function(
            self,
            names.camel(spec.name),
            function_name=physical,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=names.entry_point(spec),
            code=self._code,
            role=self._role(spec),
            log_group=log,
            timeout=cdk.Duration.seconds(spec.timeout),
            memory_size=spec.memory,
            reserved_concurrent_executions=spec.concurrency if config.settings.reserved_concurrency else None,
            environment=self._variables,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if spec in LOOPS_ON_PURPOSE else None,
            # Calls are queued while the one heartbeat runs: after an outage stale ones would come in a bunch.
            max_event_age=cdk.Duration.seconds(HEARTBEAT_MAX_AGE) if is_heartbeat else None,
            retry_attempts=0 if is_heartbeat else None,
        )

    def _role(self, spec: FunctionSpec) -> iam.IRole:
        role = iam.Role(
            self,
            f"{names.camel(spec.name)}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "calls": iam.PolicyDocument(
                    statements=[self._statement(one) for one in permissions.statements(spec)]
                )
            },
        )
        if overlay := self._sandbox.statements(spec):
            policy = iam.CfnPolicy(
                self,
                f"{names.camel(spec.name)}OnSandbox",
                policy_name="sandbox",
                policy_document=iam.PolicyDocument(statements=overlay),
                roles=[role.role_name],
            )
            self._sandbox.only(policy)
        # Nothing else may widen the role: what an L2 construct would like to add, it does not get.
        return role.without_policy_updates()

    def _statement(self, statement: permissions.Statement) -> iam.PolicyStatement:
        conditions: dict[str, dict[str, str]] = {}
        for operator, key, value in statement.conditions:
            conditions.setdefault(operator, {})[key] = value
        return iam.PolicyStatement(
            sid=statement.sid,
            actions=list(statement.actions),
            resources=[arn for resource in statement.resources for arn in self._arns.of(resource)],
            conditions=conditions or None,
        )

    def _source(self, queue: QueueSpec, spec: FunctionSpec, source: sqs.IQueue) -> None:
        """Let Lambda read a queue. No filter: SQS would drop what does not match it."""
        is_reserved = self._config.settings.reserved_concurrency
        lambda_.EventSourceMapping(
            self,
            f"{names.camel(spec.name)}Source",
            target=self.functions[spec.name],
            event_source_arn=source.queue_arn,
            batch_size=queue.batch,
            report_batch_item_failures=True,
            max_concurrency=spec.concurrency if is_reserved else LEAST_CONCURRENCY,
        )

    def _schedule(self) -> None:
        heartbeat = self.functions[names.HEARTBEAT.name]
        events.Rule(
            self,
            "HeartbeatRule",
            rule_name=names.physical(self._config.env, names.HEARTBEAT.name),
            description="Wakes parked lanes, enrols, completes, closes what was left open.",
            schedule=events.Schedule.rate(cdk.Duration.minutes(HEARTBEAT_MINUTES)),
            targets=[
                targets.LambdaFunction(
                    heartbeat,
                    retry_attempts=0,
                    max_event_age=cdk.Duration.seconds(HEARTBEAT_MAX_AGE),
                )
            ],
        )
