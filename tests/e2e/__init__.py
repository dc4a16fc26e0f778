"""A deployment from the first command to the last, on the emulator or in an account of AWS."""
