"""SQLite as a target's engine: a database is a file, and its anchor is that file.

It opens targets' files, and files beside them for leases. Start with `engine`.
"""
