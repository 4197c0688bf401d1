"""What revisions promise to keep: asked before and after, compared before COMMIT.

It reads a target through the change's own connection, or on SQLite beside it before the first
revision, and writes nothing. Start with `measure`.
"""
