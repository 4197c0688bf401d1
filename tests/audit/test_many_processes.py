"""Many processes append at once: no gap, no fork, nothing lost."""

from collections import Counter
from itertools import pairwise

from sqlalchemy import select

from portal.audit.chain.verification import verify_log
from portal.audit.models import AuditEntry, AuditPersonal
from portal.core.storage.database import db
from tests.support.commands import PIPE, Forked

WRITER = """
import time
import sys
from portal.app import create_app
from portal.audit.actor import NamedActor
from portal.audit.service import record, record_now
from portal.core.storage.database import db

name = sys.argv[1]
with create_app().app_context():
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(40):
        if number % 5 == 4:
            record_now("test.now", by=NamedActor(name, "test"), details={"n": number})
            continue
        record("test.happened", by=NamedActor(name, "test"), details={"n": number})
        db.session.rollback() if number % 5 == 3 else db.session.commit()
        time.sleep(0.003)
"""


def write_at_once(environ: dict[str, str]) -> None:
    """Four processes, all started before the first of them writes."""
    writers = [
        Forked(
            *("-c", WRITER, f"writer {number}"),
            env={"SECRET_KEY": "only for tests"} | environ,
            stdin=PIPE,
            stdout=PIPE,
        )
        for number in range(4)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0


def changes_of_hand() -> int:
    """How often the next entry is another process's: none would mean that nothing was at once."""
    names = list(db.session.scalars(select(AuditPersonal.value).order_by(AuditPersonal.seq)))
    return sum(a != b for a, b in pairwise(names))


def test_four_processes_write_one_chain(app, settings):
    write_at_once({"PORTAL_DATA": str(settings.data)})
    result = verify_log()
    assert (result.fault, result.entries) == (None, 4 * 32)
    actions = Counter(db.session.scalars(select(AuditEntry.action)))
    assert actions == {"test.happened": 4 * 24, "test.now": 4 * 8}
    assert changes_of_hand() > 8
