"""Leases: which processes are known to be alive.

A lease is a row in the ops database and next to each target, renewed by dedicated threads with
dedicated connections; nothing here changes a target's content. Start with `holder`, then
`observing`.
"""
