"""The chain of the audit log: how entries are tied together, checked and kept append-only.

It reads the log, and installs the triggers that refuse to change it; entries are written by
`portal.audit.service`. Start with `hashing`, then `verification`.
"""
