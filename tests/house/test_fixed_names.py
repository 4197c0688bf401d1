"""Names that other programs, files and people hold on to: whatever the code is called, they stay.

Addresses have a list of their own (`routes.txt`). A new name is added to `fixed_names.txt` as the
failing test shows it; one that is gone is a fault.
"""

import hashlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
from flask import Flask

import portal.features  # noqa: F401 — what is registered by importing it
from portal import guarded
from portal.accounts.permissions.table import PERMISSIONS
from portal.control.demo import STAFF
from portal.core.configuration.settings import load_settings
from portal.core.storage.database import DirectoryModel, OpsModel
from portal.databases.backups.manifest import NOT_IN_IT
from portal.databases.backups.models import Backup
from portal.groups import GROUPS
from portal.jobs.models import Queue
from portal.jobs.operations import registry as jobs
from portal.jobs.worker.queue import task_for
from portal.runbooks.engine import registry as runbooks
from portal.runbooks.format.steps import DIRECTIVES
from tests.house.test_audit_actions import WITHOUT_A_ROUTE
from tests.house.tree import ROOT
from tests.support.nothing import require_none

SAVED = ROOT / "tests" / "house" / "fixed_names.txt"
#: What tests register in the same process.
OF_TESTS = ("job sample.", "job tests.", "runbook action tests.", "plan toys")


class Asked(dict[str, str]):
    """An environment that is empty and keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(name)
        return default


def fixed_names() -> Iterator[str]:
    yield from revisions()
    for model in (OpsModel, DirectoryModel):
        for table in model.metadata.sorted_tables:
            for column in table.columns:
                yield f"column {table.name}.{column.name}"
                words = getattr(column.type, "enums", ())
                yield from (f"outcome {column} {word}" for word in words)
    promised = {row.action for row in PERMISSIONS.values() if row.action}
    yield from (f"audit action {each}" for each in promised | WITHOUT_A_ROUTE)
    yield from (f"directive {each}" for each in DIRECTIVES)
    yield from (f"runbook action {each}" for each in runbooks._actions)
    yield from (f"plan {each}" for each in runbooks._plans)
    yield from (f"job {each}" for each in jobs._jobs)
    execute = task_for(Queue.QUICK)
    yield f"queued task {execute.__module__}.{execute.__name__}"
    yield from commands()
    environment = Asked()
    load_settings(environment)
    yield from (f"setting {each}" for each in environment.names)
    manifest = {*Backup.__table__.columns.keys()} - NOT_IN_IT | {"format", "key", "signature"}
    yield from (f"manifest {each}" for each in manifest)
    yield from (f"demo account {each}" for each in (*STAFF, "owner"))
    yield from (f"portal.guarded {each}" for each in dir(guarded) if each in {"guarded", "theirs"})


def revisions(tree: Path = ROOT) -> Iterator[str]:
    """An applied file never changes, not by a byte."""
    for file in (tree / "migrations").glob("*/versions/*.py"):
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        yield f"revision {file.relative_to(tree / 'migrations')} {digest}"


def commands() -> Iterator[str]:
    for name, group in GROUPS.items():
        found = getattr(import_module(group.module), group.attribute)
        for command in found.list_commands(click.Context(found)):
            yield f"command {name} {command}"


def test_no_fixed_name_is_lost_and_each_new_one_is_listed(app: Flask):
    saved, present = set(SAVED.read_text(encoding="utf-8").splitlines()), set(fixed_names())
    require_none(
        saved - present,
        "Gone or changed, and others hold on to it: let it stay. A revision that was released never"
        " changes; the line of one that was not is written anew in tests/house/fixed_names.txt",
    )
    new = {each for each in present - saved if not each.startswith(OF_TESTS)}
    require_none(new, "Add these lines to tests/house/fixed_names.txt, each beside its kind")
