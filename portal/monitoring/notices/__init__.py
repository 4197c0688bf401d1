"""Notices of outages: their addresses, their words, and sending each at most once.

It writes addresses and notices in the ops database, and contacts the addresses, never under a lock.
Start with `outbox`, then `sending`.
"""
