"""What visitors get, measured by the worker: probes, outages and who is notified, errors, metrics.

It writes measurements and outages in the ops database, and opens drafts of incidents; it never
publishes one. Start with `probes`, then `outages`.
"""
