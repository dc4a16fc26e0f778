"""Pivotr: personal business mail at a human pace, from one's own AWS account."""

__version__ = "0.1.0"
