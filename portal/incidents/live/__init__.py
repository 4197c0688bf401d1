"""Incidents while they go on: opened in one form, updated in short texts, then resolved.

It writes live incidents and their updates in the ops database, with their audit entries; messages
to clients are written by `portal.emails`. Start with `models`.
"""
