"""Carrying out a change: what it requires, the change under the lock, its record in ops.

It changes a target's schema in `apply`, and writes ops before and after. Start with `migrate`.
"""
