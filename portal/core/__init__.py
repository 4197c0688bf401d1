"""Shared infrastructure: settings, clock, errors, forms, and the sessions of both databases.

It knows no feature and imports no other package. Start with `configuration` and `storage`.
"""
