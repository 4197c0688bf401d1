"""Errors that no code expected, counted for each release; the last fifty of each are kept.

It writes counts in the ops database, never what a request carried. Start with `models`.
"""
