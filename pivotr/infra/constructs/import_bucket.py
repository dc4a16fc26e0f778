"""The bucket for lead files that are too large for a request; what lies there is gone after three days."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.infra.constructs.arns import bucket_name

KEPT_DAYS = 3
#: Where uploads put their files.
PREFIX = "imports/"


class ImportBucket(Construct):
    """`bucket`: private, encrypted, TLS only; web pages of the API's origins may post to it."""

    bucket: s3.Bucket

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        origins = list(config.settings.api_origins)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name(config, "imports"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=config.demands_tls,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="forget-lead-files",
                    expiration=cdk.Duration.days(KEPT_DAYS),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.POST], allowed_origins=origins, allowed_headers=["*"]
                )
            ]
            if origins
            else None,
        )
        self._arn = f"arn:{cdk.Aws.PARTITION}:s3:::{bucket_name(config, 'imports')}"
        key = names.OUTPUT_IMPORT_BUCKET
        cdk.CfnOutput(self, f"{key}Output", value=self.bucket.bucket_name).override_logical_id(key)

    def tell(self, function: lambda_.Function) -> None:
        """Have a function go on with every file that has arrived."""
        permission = lambda_.CfnPermission(
            self,
            "MayTell",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="s3.amazonaws.com",
            source_account=cdk.Aws.ACCOUNT_ID,
            source_arn=self._arn,
        )
        bucket = self.bucket.node.default_child
        bucket.add_resource_dependency(permission)
        # The higher construct would bring a function and a role of its own for this one property.
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            lambda_configurations=[
                s3.CfnBucket.LambdaConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    function=function.function_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=PREFIX)]
                        )
                    ),
                )
            ]
        )
