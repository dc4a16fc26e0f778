"""The house: one file per use case, the same behind CLI, API and Lambdas; services never import services."""
