"""Words and places with few search results, counted by day, for admins.

No address, no session and no whole search is stored. A word is stored in clear only after it was
searched on five different days; until then as a keyed hash. `counting.py` counts in memory,
`service.py` writes, `queries.py` reads. Start with `counting`.
"""
