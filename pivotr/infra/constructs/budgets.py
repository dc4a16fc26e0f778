"""Budgets: what this may cost and use in a month, told by mail. Notices after the fact, no brakes."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_budgets as budgets
from constructs import Construct

from pivotr import names
from pivotr.infra.config import Config
from pivotr.infra.usage import Allowance, allowances

COST_NOTICES = (50, 80, 100)
USAGE_NOTICES = (80,)


class Budgets(Construct):
    """One budget of cost, and one for each kind of use."""

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self._config = config
        self._budget(
            "cost",
            COST_NOTICES,
            budget_type="COST",
            limit=budgets.CfnBudget.SpendProperty(amount=config.settings.monthly_budget, unit="USD"),
        )
        for allowance in allowances(config.settings.region):
            self._usage(allowance)

    def _usage(self, allowance: Allowance) -> None:
        self._budget(
            allowance.name,
            USAGE_NOTICES,
            budget_type="USAGE",
            limit=budgets.CfnBudget.SpendProperty(amount=allowance.amount, unit=allowance.unit),
            filters={"UsageType": list(allowance.usage_types)},
        )

    def _budget(
        self,
        name: str,
        notices: Sequence[int],
        *,
        budget_type: str,
        limit: budgets.CfnBudget.SpendProperty,
        filters: dict[str, list[str]] | None = None,
    ) -> None:
        by_mail = budgets.CfnBudget.SubscriberProperty(
            address=self._config.settings.alert_email, subscription_type="EMAIL"
        )
        budgets.CfnBudget(
            self,
            names.camel(name),
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=names.physical(self._config.env, name),
                budget_type=budget_type,
                time_unit="MONTHLY",
                budget_limit=limit,
                cost_filters=filters,
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type="ACTUAL",
                        comparison_operator="GREATER_THAN",
                        threshold=share,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[by_mail],
                )
                for share in notices
            ],
        )
