"""The present state: overview, safeguards, and `flask databases check`.

It only reads, and reports what it could not determine. Start with `overview`, then `check`.
"""
