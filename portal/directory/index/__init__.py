"""The search's index: what is kept of each listed studio, and the statements that ask it.

It follows from the studios (`writing.py`) and is used where it is whole (`is_kept`). A studio is
a set of tokens (`documents.py`), a search an expression of tokens (`expression.py`, `asking.py`)
that both engines answer alike, so that order and numbers are the same on both (`statements.py`).
It knows no page. Start with `documents.py`.
"""
