"""The treatment of each column in a sync: the rules, and what a kept value may be.

It reads `columns.toml`; a column without a rule stops the sync. Start with `rules`.
"""
