"""The services of the operator on the embedded adapters, in memory."""
