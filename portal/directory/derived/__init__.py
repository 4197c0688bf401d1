"""What is kept of the directory's rows so that pages need not work it out: ratings, counts.

Each such thing is a `Derived` (`registry.py`): its tables, and how a set of studios is taken out of
them and put into them. From these two follow its fill in batches (`filling.py`), its upkeep in
the transaction of a change (`upkeep.py`) and its repair. It is used only where `is_kept` says so;
whoever reads has another way for where it isn't. Start with `ratings.py`.
"""
