"""The linter of revisions: what could go wrong, where it stands, and the safer way.

A revision is run forward and back on an empty scratch database that went through all before it,
with each operation and each statement noted, and once more against PostgreSQL's dialect without a
server. What is dangerous is told from what it does, never from how its source looks.
Start with `run`.
"""

from portal.databases.migrations.lint.run import lint_history, lint_revisions
from portal.databases.migrations.lint.suppressions import Finding

__all__ = ["Finding", "lint_history", "lint_revisions"]
