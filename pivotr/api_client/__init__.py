"""The Python client of the HTTP API; what callers import is in `pivotr.client`."""
