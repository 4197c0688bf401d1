"""Do something in a process of its own, so that it can be killed."""

import os
import traceback
from collections.abc import Callable

from portal.core.storage.database import db


def alone(what: Callable[[], None]) -> int:
    """Begin it in another process; returns its id. Nothing open in this one goes along."""
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()
    pid = os.fork()
    if pid == 0:
        try:
            what()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return pid


def in_a_fork(what: Callable[[], None]) -> int:
    """The same, to its end: minus the signal that killed it, or its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(alone(what), 0)[1])
