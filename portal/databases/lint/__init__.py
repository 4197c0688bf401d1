"""The linter of revisions: what could go wrong, where it stands, and the safer way.

A revision is run forward and back on an empty scratch database that went through all before it,
with each operation and each statement noted, and once more against PostgreSQL's dialect without a
server. What is dangerous is told from what it does, never from how its source looks.
"""

from portal.databases.lint.findings import Finding
from portal.databases.lint.history import lint_history, lint_revisions

__all__ = ["Finding", "lint_history", "lint_revisions"]
