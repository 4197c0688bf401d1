"""Which tests run in one process: those that share what is costly to start, longest first."""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

SHARED = (
    *("tests/journeys/", "postgresql", "tests/serving/", "tests/databases/sync/"),
    "tests/control/test_setup",
)
"""In the name of a test: one browser with the whole product, one PostgreSQL server, one small
site, one sync that was carried out, one small demo."""

PREPARED = frozenset(
    {
        "tests/control/test_ops_revisions.py",
        "tests/databases/test_applied.py",
        "tests/databases/test_approvals.py",
        "tests/databases/test_committed.py",
        "tests/databases/test_damage.py",
        "tests/databases/test_damage_table.py",
        "tests/databases/test_held.py",
        "tests/databases/test_lint.py",
        "tests/databases/test_others_write_meanwhile.py",
        "tests/databases/test_rehearsal.py",
        "tests/databases/test_security_list.py",
        "tests/directory/spelling/test_spelling.py",
        "tests/directory/test_demo_pictures.py",
        "tests/documents/test_preview_processes.py",
        "tests/house/test_words.py",
        "tests/security/test_half_requests.py",
        "tests/security/test_two_users.py",
        "tests/test_start.py",
    }
)
"""Files of tests that share what takes seconds to prepare: each process would do it once more."""


class Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        found = next((each for each in SHARED if each in nodeid), nodeid)
        return file if found is nodeid and file in PREPARED else found

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """What is done is forgotten: else each end of a test goes through all that ended before."""
        nodeid = self.registered_collections[node][item_index]
        scope, work = self._split_scope(nodeid), self.assigned_work[node]
        work[scope][nodeid] = True
        if all(work[scope].values()):
            del work[scope]
        self._reschedule(node)
