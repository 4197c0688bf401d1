"""What becomes of each column in a sync: the rules, and what a kept value may hold.

It reads `columns.toml`; a column without a rule stops the sync. Start with `rules`.
"""
