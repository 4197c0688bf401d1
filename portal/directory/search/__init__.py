"""Directory search: the query, the place, and the page of results.

Read only. The index answers where it is complete, `without_index` otherwise. Start with `find`.
"""
