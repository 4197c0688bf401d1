"""What the worker does in a directory without a request: who may write when, and what waits there.

It reads and writes the tables `site_*` of every directory that this control room knows, on
connections of its own. Start with `permission`, then `waiting`.
"""
