"""The revisions of the directory that this code can serve.

A process stores them in its lease; a change to another revision waits until the process has ended.
"""

CONSOLIDATED = "9c41d07be5a2"
"""People, studio profiles and related tables."""
WITH_FIGURES = "b7e4f1a9c326"
"""The same, and tables with stored ratings and counts."""

WITH_SEARCH = "d2f8a6c41e90"
"""The same, and the search index of studios."""

WITH_SETS = "e7c2b95f0d14"
"""The same, and the index's sets of studios."""

WITH_OWNERS = "c4a8e1b7f390"
"""The same, and tables for accounts and owners."""

WITH_MODERATION = "f7b2d90c6a41"
"""The same, and tables for moderated reviews, claims and staff's changes."""

WITH_POINTS = "d1f6a3c85e27"
"""The same, and an index of where studios are."""

SERVES: frozenset[str] = frozenset(
    {CONSOLIDATED, WITH_FIGURES, WITH_SEARCH, WITH_SETS, WITH_OWNERS, WITH_MODERATION, WITH_POINTS}
)
"""Derived tables are used if they exist and are complete; otherwise pages compute their values.
Without the tables for owners, the pages for accounts say that they are being prepared;
without those for moderation, reviews are only read."""
