"""The revisions of the directory that this code can serve.

A process stores them in its lease; a change to another revision waits until the process has ended.
"""

CONSOLIDATED = "9c41d07be5a2"
"""People, studio profiles and what hangs on them."""
WITH_FIGURES = "b7e4f1a9c326"
"""The same, and tables in which ratings and counts are kept."""

WITH_SEARCH = "d2f8a6c41e90"
"""The same, and an index of the studios for the search."""

WITH_SETS = "e7c2b95f0d14"
"""The same, and sets of studios beside the index."""

SERVES: frozenset[str] = frozenset({CONSOLIDATED, WITH_FIGURES, WITH_SEARCH, WITH_SETS})
"""Derived tables are used where they stand and are whole; without them pages count as before."""
