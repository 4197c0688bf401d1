"""flask databases …: the databases, their identity, and every change of them.

Production requires the typed phrases, and refuses without a terminal. Start with `change`.
"""

from portal.audit.refusals import CommandGroup

commands = CommandGroup("databases", help="The directory's databases, and the guard around them.")

from portal.databases.cli import (  # noqa: E402, F401
    change,
    lint,
    policies,
    preflight,
    status,
    store,
    targets,
)
