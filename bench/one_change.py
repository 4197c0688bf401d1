"""The process of a migration, as the worker starts one for each operation.

    python -m bench.one_change 1

Prints, as JSON, elapsed seconds, processor seconds, and peak memory in bytes. The operation is a
change of development without its backup, so that only the change is measured.
"""

import json
import resource
import sys
import time

from portal.app import create_app
from portal.core.storage.database import JsonDict, db
from portal.databases.changes.execution.migrate import migrate_development
from portal.databases.targets.config import target_named
from portal.jobs.models import Operation
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import job
from portal.jobs.operations.service import perform
from portal.warm import load

KIND = "bench.migrate"


@job(KIND, title="Change development")
def change(progress: Progress, operation: Operation) -> JsonDict:
    target = target_named(operation.target or "")
    return migrate_development(target, progress, key=operation.uuid, by=operation.requested_by)


def main() -> None:
    load()  # the worker forks from a process that has done so
    with create_app().app_context():
        waiting = db.session.get_one(Operation, int(sys.argv[1]))
        began, own = time.perf_counter(), time.process_time()
        operation = perform(waiting)
        seconds, own = time.perf_counter() - began, time.process_time() - own
        if not operation.is_done:
            raise SystemExit(operation.outcome)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "processor": own, "memory": memory}))


if __name__ == "__main__":
    main()
