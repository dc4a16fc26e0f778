"""The HTTP API: explicit routes to functions, CORS, a throttle and an access log (the guide, phase 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.infra.routes import BEHIND_THE_API, ROUTES

ALLOWED_HEADERS = (
    "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-amz-content-sha256",
    "x-amz-date", "x-amz-security-token",
)  # fmt: skip
EXPOSED_HEADERS = ("etag", "location", "retry-after")
#: One line a request. The route, never the path: the way out of a mail carries its token there.
ACCESS_LOG = {
    "time": "$context.requestTimeEpoch", "request": "$context.requestId", "route": "$context.routeKey",
    "status": "$context.status", "latency": "$context.responseLatency", "length": "$context.responseLength",
    "caller": "$context.identity.userArn", "error": "$context.error.message",
    "integration": "$context.integrationErrorMessage",
}  # fmt: skip


class ApiGateway(Construct):
    """`api_id` and `url` are known before the functions are, which carry the address in their variables.

    Written in the resources of CloudFormation: the higher construct adds a permission for each route, and a
    function's policy has room for about sixty.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self._config = config
        origins = list(config.settings.api_origins)
        self._api = apigateway.CfnApi(
            self,
            "Api",
            name=names.physical(config.env, "api"),
            protocol_type="HTTP",
            cors_configuration=apigateway.CfnApi.CorsProperty(
                allow_origins=origins,
                allow_methods=sorted({route.method for route in ROUTES}),
                allow_headers=list(ALLOWED_HEADERS),
                expose_headers=list(EXPOSED_HEADERS),
                max_age=3600,
            )
            if origins
            else None,
        )
        self.api_id: str = self._api.ref
        self.url: str = f"https://{self.api_id}.execute-api.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        self._stage()
        for key, value in ((names.OUTPUT_API_URL, self.url), (names.OUTPUT_API_ID, self.api_id)):
            cdk.CfnOutput(self, f"{key}Output", value=value).override_logical_id(key)

    def connect(self, functions: Mapping[str, lambda_.Function]) -> None:
        """Lead every route to its function: one integration and one permission a function."""
        authorizer = self._authorizer()
        integrations = {
            spec.name: self._integration(functions[spec.name], spec.name) for spec in BEHIND_THE_API
        }
        for route in ROUTES:
            is_asked = not route.is_open and self._config.auth != "none"
            apigateway.CfnRoute(
                self,
                _id_of(route.key),
                api_id=self.api_id,
                route_key=route.key,
                target=f"integrations/{integrations[route.function.name].ref}",
                authorization_type={"iam": "AWS_IAM", "jwt": "JWT"}[self._config.auth]
                if is_asked
                else "NONE",
                authorizer_id=authorizer.ref if authorizer and is_asked else None,
            )

    def _integration(self, function: lambda_.Function, name: str) -> apigateway.CfnIntegration:
        lambda_.CfnPermission(
            self,
            f"{names.camel(name)}Permission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=f"arn:{cdk.Aws.PARTITION}:execute-api:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}"
            f":{self.api_id}/*/*",
        )
        return apigateway.CfnIntegration(
            self,
            f"{names.camel(name)}Integration",
            api_id=self.api_id,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )

    def _authorizer(self) -> apigateway.CfnAuthorizer | None:
        if self._config.auth != "jwt":
            return None
        settings = self._config.settings
        return apigateway.CfnAuthorizer(
            self,
            "Tokens",
            api_id=self.api_id,
            authorizer_type="JWT",
            name="tokens",
            identity_source=["$request.header.Authorization"],
            jwt_configuration=apigateway.CfnAuthorizer.JWTConfigurationProperty(
                issuer=settings.jwt_issuer, audience=list(settings.jwt_audience)
            ),
        )

    def _stage(self) -> None:
        config = self._config
        log = logs.CfnLogGroup(
            self,
            "AccessLog",
            log_group_name=f"/aws/apigateway/{names.physical(config.env, 'api')}",
            retention_in_days=config.settings.log_retention_days,
        )
        rate, burst = config.throttle
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=self.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=rate, throttling_burst_limit=burst
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.attr_arn, format=json.dumps(ACCESS_LOG)
            ),
        )


def _id_of(key: str) -> str:
    """A logical id that stays the same when routes are added: `GetApiLeadsId`."""
    words = "".join(char if char.isalnum() else " " for char in key).split()
    return "Route" + "".join(word.lower().capitalize() for word in words)
