"""The checks of revisions: measured before and after, compared before COMMIT.

It reads a target through the change's own connection, or on SQLite next to it before the first
revision, and writes nothing. Start with `measure`.
"""
