"""Implementations of the ports; what both environments use lies here, the rest in `embedded` and `aws`."""
