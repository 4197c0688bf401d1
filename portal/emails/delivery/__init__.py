"""From an approved message to the mail server, and what is known of it afterwards.

An attempt is on record before the server hears of it; only `transport` and `smtp` talk to a server.
Start with `outbox`, then `sending`.
"""
