"""Reading the audit log: pages of entries that fit a filter, and the export.

It only reads, at a cost that does not grow with the log. Start with `find`.
"""
