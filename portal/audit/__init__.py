"""The audit log: append-only, chained by hashes, verifiable.

Everything that makes a change calls `service.record` in the same transaction; nothing here changes
an entry. Start with `service`.
"""
