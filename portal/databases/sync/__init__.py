"""The sync: production's rows, anonymised in scratch, replace development's.

It reads production, writes development only, and keeps no personal value. Start with `service`.
"""
