"""Backups: made from one snapshot, proven, sealed, kept and removed.

It reads targets, writes files below the data folder and the catalogue in ops, and never writes to a
live target. Start with `create`, then `catalogue`.
"""
