"""Parses a report: its front matter, and fields and sentences of its text.

It reads text and touches no database. Unreadable values are left out and reported as problems.
Start with `facts`.
"""
