"""The services as an operator without table access has them: the same methods, answered by the HTTP API."""
