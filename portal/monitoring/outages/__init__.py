"""Outages: one for each cause, its draft of an incident, and when the next notice is due.

It writes outages and drafts in the ops database; it never publishes an incident, and sends nothing:
that is `portal.monitoring.notices`. Start with `causes`.
"""
