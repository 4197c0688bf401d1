"""The process that migrates, as the worker starts one for each operation.

    python -m bench.one_change 1

Prints its peak memory in bytes. The operation is a change of development without the backup before
it, so that what is measured is the change.
"""

import resource
import sys

from portal.app import create_app
from portal.core.database import JsonDict, db
from portal.databases.change import migrate_development
from portal.databases.targets import target_named
from portal.jobs.models import Operation
from portal.jobs.progress import Progress
from portal.jobs.registry import job
from portal.jobs.service import perform

KIND = "bench.migrate"


@job(KIND, title="Change development")
def change(progress: Progress, operation: Operation) -> JsonDict:
    target = target_named(operation.target or "")
    return migrate_development(target, progress, key=operation.uuid, by=operation.requested_by)


def main() -> None:
    with create_app().app_context():
        operation = perform(db.session.get_one(Operation, int(sys.argv[1])))
        if not operation.is_done:
            raise SystemExit(operation.outcome)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    main()
