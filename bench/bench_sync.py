"""What a sync takes as production grows: seconds a thousand rows, and the memory at its peak.

Prints the ratio of both, for ten times as many studios, measured in one run. The larger number
comes from the command line: python bench/bench_sync.py 20000
"""

import resource
import sys
import tempfile
import time
from functools import partial

import portal.databases.sync_tasks  # noqa: F401 — registers the job
from portal.app import create_app
from portal.audit.actor import SYSTEM
from portal.control.setup import prepare_ops
from portal.core.settings import load_settings
from portal.databases.creation import create_database
from portal.databases.registry import control_room
from portal.databases.sync.outcome import last_sync
from portal.databases.targets import target_named
from portal.directory.demo import fill_legacy
from portal.jobs.service import perform, request_operation

LEGACY = "0001"


def synced(studios: int) -> tuple[int, float, float]:
    """Rows, seconds, and the megabytes that this process has had at its peak so far."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_settings({"PORTAL_DATA": folder, "SECRET_KEY": "bench"}))
        with app.app_context():
            prepare_ops()
            control_room(is_demo=True)
            fill = partial(fill_legacy, studios=studios)
            create_database(target_named("production"), by=SYSTEM, revision=LEGACY, fill=fill)
            create_database(target_named("development"), by=SYSTEM)
            began = time.perf_counter()
            operation = perform(
                request_operation("databases.sync", by=SYSTEM, target="development")
            )
            seconds, sync = time.perf_counter() - began, last_sync("development")
            if sync is None:
                raise SystemExit(operation.outcome)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            return sync.rows, seconds, peak


def main() -> None:
    studios = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    (few, fast, low), (many, slow, high) = synced(studios // 10), synced(studios)
    for rows, seconds, peak in ((few, fast, low), (many, slow, high)):
        print(f"rows {rows:>9,}   {seconds:>8.2f} s   {peak:>6.0f} MB at the peak")
    print(f"time a row, ratio  {(slow / many) / (fast / few):>10.2f}")
    print(f"memory, ratio      {high / low:>10.2f}")


if __name__ == "__main__":
    main()
