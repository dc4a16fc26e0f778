"""The tables with their keys and all their indexes, as `storage.schema` has them (the guide, phase 2)."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.storage import schema


class DynamoDbTables(Construct):
    """One table per specification, by logical name in `tables`; names and ARNs are outputs of the stack.

    `Table`, not `TableV2`: the latter is a global table, whose recovery and protection other tools overlook.
    """

    tables: Mapping[str, dynamodb.Table]

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self.tables = {spec.name: self._table(spec.name, config) for spec in schema.TABLES}
        for name, table in self.tables.items():
            for what, value in (("Name", table.table_name), ("Arn", table.table_arn)):
                key = names.table_output(name, what)
                cdk.CfnOutput(self, f"{key}Output", value=value).override_logical_id(key)

    def _table(self, name: str, config: Config) -> dynamodb.Table:
        spec = schema.table(name)
        table = dynamodb.Table(
            self,
            names.camel(spec.name),
            table_name=names.physical(config.env, spec.name),
            partition_key=_key(spec.partition),
            sort_key=_key(spec.sort) if spec.sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=spec.ttl,
            deletion_protection=config.is_protected,
            # RETAIN would leave tables behind when their very creation fails: the next try then collides.
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if config.is_protected
            else cdk.RemovalPolicy.DESTROY,
        )
        for index in spec.indexes:
            table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_key(index.partition),
                sort_key=_key(index.sort) if index.sort else None,
                projection_type=dynamodb.ProjectionType.INCLUDE
                if index.projection
                else dynamodb.ProjectionType.KEYS_ONLY,
                non_key_attributes=list(index.projection) or None,
            )
        return table


def _key(name: str) -> dynamodb.Attribute:
    """Every key is a text."""
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
