"""The search index: what is stored of each listed studio, and the statements that query it.

It is derived from the studios (`writing.py`) and used where it is complete (`is_kept`). A studio is
a set of tokens (`documents.py`), a search an expression of tokens (`expression.py`, `asking.py`)
that both engines evaluate alike, so that order and counts are the same on both (`statements.py`).
It knows nothing of pages. Start with `documents.py`.
"""
