"""Which revisions of the directory's history this code can serve.

A process says so in its lease; a change that leads elsewhere waits until the process is gone.
"""

CONSOLIDATED = "9c41d07be5a2"

SERVES: frozenset[str] = frozenset({CONSOLIDATED})
