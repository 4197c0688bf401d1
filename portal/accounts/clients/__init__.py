"""Clients: organisations, their contacts, and the logins of contacts.

Every change is recorded in the audit log; the caller commits. Start with `service`.
"""
