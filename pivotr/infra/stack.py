"""The stack of one environment: a wiring diagram."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from pivotr import names
from pivotr.infra.asset import Archive
from pivotr.infra.config import Config
from pivotr.infra.constructs.api_gateway import ApiGateway
from pivotr.infra.constructs.arns import Arns, bucket_name
from pivotr.infra.constructs.budgets import Budgets
from pivotr.infra.constructs.dynamodb_tables import DynamoDbTables
from pivotr.infra.constructs.feedback import Feedback
from pivotr.infra.constructs.import_bucket import ImportBucket
from pivotr.infra.constructs.lambda_functions import LambdaFunctions
from pivotr.infra.constructs.monitoring import Monitoring
from pivotr.infra.constructs.sandbox import Sandbox
from pivotr.infra.constructs.sqs_queues import SqsQueues
from pivotr.infra.usage import has_budgets


class PivotrStack(cdk.Stack):
    """Tables, queues, functions, API, feedback, alarms and budgets of one environment."""

    def __init__(self, scope: Construct, *, config: Config, code: Archive) -> None:
        settings = config.settings
        super().__init__(
            scope,
            names.stack(config.env),
            description=f"Pivotr, environment {config.env}: personal business mail at a human pace.",
            env=cdk.Environment(account=settings.account or None, region=settings.region),
            termination_protection=config.is_protected,
        )
        sandbox = Sandbox(self, "Sandbox")
        DynamoDbTables(self, "Tables", config=config)
        queues = SqsQueues(self, "Queues", config=config)
        feedback = Feedback(self, "Feedback", config=config)
        imports = ImportBucket(self, "Imports", config=config)
        api = ApiGateway(self, "Api", config=config)
        sources = {**queues.queues, names.FEEDBACK_QUEUE.name: feedback.queue}
        functions = LambdaFunctions(
            self,
            "Functions",
            config=config,
            code=code,
            arns=Arns(config),
            sandbox=sandbox,
            sources=sources,
            variables={
                "PIVOTR_FEEDBACK_QUEUE_URL": feedback.queue.queue_url,
                "PIVOTR_PUBLIC_URL": settings.public_url or api.url,
                names.ENV_IMPORT_BUCKET: bucket_name(config, "imports"),
            },
        )
        api.connect(functions.functions)
        imports.tell(functions.functions[names.LEAD_IMPORT.name])
        dead_letters = dict(queues.dead_letters)
        if feedback.dead_letters is not None:
            dead_letters[names.FEEDBACK_QUEUE.name] = feedback.dead_letters
        Monitoring(
            self, "Monitoring", config=config, queues=sources, dead_letters=dead_letters, api_id=api.api_id
        )
        if settings.alert_email and has_budgets(settings.region):
            Budgets(self, "Budgets", config=config)
        sandbox.spare(self)
        cdk.Tags.of(self).add("Project", "pivotr")
        cdk.Tags.of(self).add("Environment", config.env)
