"""The AWS CDK app: tables, queues, functions, API, feedback, alarms and budgets of one environment."""
