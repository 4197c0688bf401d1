"""Which tests run in one process: those that share what is costly to start, longest first."""

from xdist.scheduler import LoadScopeScheduling

SHARED = ("tests/journeys/", "postgresql")
"""In the name of a test: one browser with the whole product, one PostgreSQL server."""


class Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return next((each for each in SHARED if each in nodeid), nodeid)
