"""What another process does to a run: `python -m tests.runbooks.acts ACT RUN`, killed where told.

Started by the tests of concurrency and of crashes; its environment names the databases.
"""

import os
import signal
import sys

import tests.runbooks.conftest  # noqa: F401  (the errand that it carries out)
from portal.accounts.models import Account
from portal.app import create_app
from portal.core.errors import Conflict
from portal.core.storage.database import db
from portal.jobs.models import Operation
from portal.jobs.operations.lifecycle import operation_finished
from portal.jobs.operations.service import perform
from portal.runbooks.engine import step_actions
from portal.runbooks.engine.step_lock import take_turn
from portal.runbooks.models import Run


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def complete(run: Run, *, before_commit: bool = False, after_commit: bool = False) -> None:
    driver = db.session.get_one(Account, run.driver_id)
    turn = take_turn(run.id, "one", version=1, by=driver)
    step_actions.note(turn, "from another process")
    step_actions.complete_step(turn)
    if before_commit:
        die()
    db.session.commit()
    if after_commit:
        die()


def carry_out(run: Run, *, at_the_end: bool) -> None:
    if at_the_end:
        operation_finished.connect(die)
    row = run.due_row
    assert row
    operation = db.session.get_one(Operation, row.operation_id)
    db.session.commit()
    perform(operation)


def main(act: str, run_id: str, patience: str = "") -> None:
    with create_app().app_context():
        if patience:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            sys.stdin.readline()
        run = db.session.get_one(Run, int(run_id))
        try:
            ACTS[act](run)
        except Conflict as error:
            sys.stdout.write(f"conflict: {error}\n")
        else:
            sys.stdout.write("success\n")


ACTS = {
    "complete": complete,
    "complete, then die before the commit": lambda run: complete(run, before_commit=True),
    "complete, then die after the commit": lambda run: complete(run, after_commit=True),
    "carry out": lambda run: carry_out(run, at_the_end=False),
    "carry out, then die while it is recorded": lambda run: carry_out(run, at_the_end=True),
}

if __name__ == "__main__":
    main(*sys.argv[1:])
