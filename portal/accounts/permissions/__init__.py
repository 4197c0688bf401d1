"""Permissions: one table of routes, enforced before each request.

A route without a row is refused. Start with `table`, then `enforcement`.
"""
