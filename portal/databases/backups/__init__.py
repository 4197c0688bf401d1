"""Backups: taken from one snapshot, verified, encrypted, retained and removed.

It reads targets, writes files below the data folder and the catalogue in ops, and never writes to a
live target. Start with `create`, then `catalogue`.
"""
