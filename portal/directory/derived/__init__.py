"""Derived tables: values computed from the directory's rows and stored for pages: ratings, counts.

Each one is a `Derived` (`registry.py`): its tables, and how a set of studios is removed from them
and added to them. These two operations are the base of the fill in batches (`filling.py`), the
update in the transaction of a change (`upkeep.py`) and the repair. A derived table is used only
where `is_kept` is true; every reader has a fallback. Start with `ratings.py`.
"""
