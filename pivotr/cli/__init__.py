"""The command line: one file per noun; parses, calls one service, renders."""
