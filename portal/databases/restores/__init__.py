"""Restores: a verified backup's content into a live database, completely or not at all.

It writes to the target under its lock, after the guard has allowed it. Start with `restore`.
"""
