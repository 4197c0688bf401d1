"""Delivers approved messages to the mail server and records the outcome.

Each attempt is recorded before the server is contacted; only `transport` and `smtp` talk to a
server. Start with `outbox`, then `sending`.
"""
