"""Emails of the sites: to people with an account, and between a visitor and an owner.

A site queues a row in its directory; the worker sends it, and records each attempt in ops before
the network is used. Start with `texts`, then `sendings`, then `sending`.
"""
