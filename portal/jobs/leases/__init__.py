"""Leases: which processes live, as far as anybody can tell.

Rows in the ops database and beside each target, renewed by threads of their own, with connections
of their own; nothing here changes a target's content. Start with `holder`, then `observing`.
"""
