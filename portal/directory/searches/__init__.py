"""Which words and places the search found little for, counted by day, for admins.

No address, no session and no whole search is kept. A word is kept in clear only once it was
searched on five different days; until then a keyed hash stands for it. `counting.py` counts in
memory, `service.py` writes, `queries.py` reads. Start with `counting`.
"""
