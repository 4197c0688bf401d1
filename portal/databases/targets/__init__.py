"""Targets: the databases this process is configured with, and the check of what is at each address.

The identity decides what a database is, never the address. This package reads targets; it writes
labels only when a target is created or adopted. Start with `config`, then `identity`.
"""
