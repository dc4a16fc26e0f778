"""The ports on AWS: DynamoDB, SQS, SES and Secrets Manager, through botocore alone."""
