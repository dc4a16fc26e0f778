"""The embedded environment: one SQLite file, a Maildir, nothing to install."""
