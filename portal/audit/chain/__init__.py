"""The hash chain of the audit log: linking entries, verification, and append-only triggers.

It reads the log, and installs the triggers that refuse changes; `portal.audit.service` writes
entries. Start with `hashing`, then `verification`.
"""
