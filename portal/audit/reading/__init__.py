"""Queries of the audit log: pages of filtered entries, and the export.

Read only, at a cost that does not grow with the log. Start with `find`.
"""
