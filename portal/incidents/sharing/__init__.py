"""Sharing a report with clients: one deliberate act, on record, that can be taken back.

It writes shares in the ops database with their audit entries. Start with `share`.
"""
