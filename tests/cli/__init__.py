"""The command line: whole output and exit code, in the process, on a data folder of its own."""
