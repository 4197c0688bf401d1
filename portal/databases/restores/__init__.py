"""Restores: a verified backup's content into a live database, wholly or not at all.

It writes to the target under its lock, after the guard was asked. Start with `restore`.
"""
