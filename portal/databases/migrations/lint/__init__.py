"""The linter of revisions: what could go wrong, in which line, and the safer way.

A revision runs forward and back on an empty scratch database with all earlier revisions applied,
with each operation and each statement recorded, and once more against PostgreSQL's dialect without
a server. Findings follow from what it does, never from how its source looks. Start with `run`.
"""

from portal.databases.migrations.lint.run import lint_history, lint_revisions
from portal.databases.migrations.lint.suppressions import Finding

__all__ = ["Finding", "lint_history", "lint_revisions"]
