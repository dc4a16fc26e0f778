"""Item shapes, keys and named conditions; speaks to the Table port and to nothing else."""
