"""Lead files of any exporter: their kind, where the leads are in them, and one row after the other."""
