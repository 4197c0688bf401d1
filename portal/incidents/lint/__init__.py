"""Finds problems that the author of a report should fix, by file and line.

It only reads. Start with `run`; each other module checks one part of a report.
"""
