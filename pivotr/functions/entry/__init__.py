"""What Lambda calls: one module per function, each with a `handler`. Importing one builds its clients."""
