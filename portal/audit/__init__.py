"""The audit log: append-only, chained by hashes, checked against what was recorded.

Whatever changes something calls `service.record` in the same transaction; nothing here changes an
entry. Start with `service`.
"""
