"""Jobs that only tests know: they write into files, wait, fail and die on request.

A job's `folder` argument is where it leaves its marks; `gate` names a file that it waits for.
"""

import gc
import json
import os
import random
import secrets
import signal
import sqlite3
import tempfile
import time
from pathlib import Path

from pyrage import x25519

from portal.audit.models import AuditHead
from portal.core.errors import Refusal, Refused
from portal.core.storage.database import JsonDict, db
from portal.jobs.models import Operation, OperationState
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.registry import job

MARK = "MarkedValue4711"
"""What no log may quote."""


def what_the_mark_says(operation: Operation) -> tuple[OperationState, str, JsonDict | None]:
    if (Path(operation.arguments["folder"]) / "committed").exists():
        return OperationState.DONE, "It had been committed.", {"found": True}
    return OperationState.FAILED, "Nothing was changed.", None


def dice() -> dict[str, object]:
    """A value of each source of chance that this process has, the objects it was given included."""
    gc.unfreeze()
    sources = [each for each in gc.get_objects() if type(each) is random.Random]
    with sqlite3.connect(":memory:") as connection:
        sqlite = connection.execute("SELECT hex(randomblob(16))").fetchone()[0]
    thrown = {f"Random {number}": each.random() for number, each in enumerate(sources, 1)}
    key = str(x25519.Identity.generate())
    temporary = Path(tempfile.mktemp()).name
    return {
        "secrets": secrets.token_hex(),
        "tempfile": temporary,
        "sqlite": sqlite,
        "age": key,
        **thrown,
    }


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.02)


@job("sample.hello", title="Say hello", queue="quick")
def hello(progress: Progress, operation: Operation) -> JsonDict:
    progress.say("hello")
    return {"sentence": "Said hello."}


@job("sample.count", title="Count")
def count(progress: Progress, operation: Operation) -> JsonDict:
    with progress.step("Count"):
        for number in range(1, operation.arguments["to"] + 1):
            progress.advance(number, operation.arguments["to"], "things")
            progress.say(f"number {number}")
    return {"counted": operation.arguments["to"]}


@job("sample.refuse", title="Refuse")
def refuse(progress: Progress, operation: Operation) -> JsonDict:
    refusal = Refusal("sample.refused", target="production")
    raise Refused("Not today.", remedy="Come tomorrow.", refusal=refusal)


@job("sample.break", title="Break")
def break_down(progress: Progress, operation: Operation) -> JsonDict:
    with progress.step("Break"):
        raise ValueError("the secret is 1234")


@job("sample.statement", title="Run a statement that fails")
def run_statement(progress: Progress, operation: Operation) -> JsonDict:
    row = {"id": 1, "seq": operation.arguments["value"], "chain": operation.arguments["value"]}
    db.session.execute(AuditHead.__table__.insert(), row)
    return {}


@job("sample.change", title="Change something", reconcile=what_the_mark_says)
def change(progress: Progress, operation: Operation) -> JsonDict:
    """Marks `started`, waits for its gate, checks, commits, waits for the other gate."""
    folder = Path(operation.arguments["folder"])
    (folder / "started").write_text(str(os.getpid()))
    progress.say("started")
    wait_for(folder / "may-commit")
    progress.check_alive()
    (folder / "committed").touch()
    progress.say("committed")
    wait_for(folder / "may-end")
    return {"sentence": "Changed."}


@job("sample.careless", title="Work without a way to tell")
def careless(progress: Progress, operation: Operation) -> JsonDict:
    folder = Path(operation.arguments["folder"])
    (folder / "started").write_text(str(os.getpid()))
    wait_for(folder / "may-end")
    return {}


@job("sample.long", title="Work for long", stoppable=True)
def long(progress: Progress, operation: Operation) -> JsonDict:
    folder = Path(operation.arguments["folder"])
    (folder / "dice").write_text(json.dumps(dice()))
    (folder / "started").write_text(str(os.getpid()))
    while not (folder / "may-end").exists():
        progress.check_alive()
        time.sleep(0.02)
    return {}


@job("sample.die", title="Die", reconcile=what_the_mark_says)
def die(progress: Progress, operation: Operation) -> JsonDict:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@job("sample.tally", title="Leave a mark for each time it runs")
def tally(progress: Progress, operation: Operation) -> JsonDict:
    with (Path(operation.arguments["folder"]) / "tally").open("a") as file:
        file.write("x")
    return {}
