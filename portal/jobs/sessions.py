"""Session names on a database server, by which the release gate recognises processes."""

import os

from portal.jobs.processes import this_host
from portal.jobs.release import release_name

LONGEST = 63
"""Characters; PostgreSQL truncates longer names."""


def session_name() -> str:
    """The name for this process: its release and its instance."""
    return name_of_session(release_name(), this_host(), os.getpid())


def name_of_session(release: str, host: str, pid: int) -> str:
    return f"talkback {release[:12]} {host[:32]}:{pid}"[:LONGEST]
