"""Sharing a report with clients: an explicit, audited action that can be revoked.

It writes shares in the ops database with their audit entries. Start with `share`.
"""
