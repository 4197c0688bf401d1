"""Lints a history: from an empty database, revision by revision, forward and back."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.engine import URL

from portal.core.configuration.settings import sqlite_url
from portal.core.errors import Invalid
from portal.core.storage.database import DirectoryModel
from portal.core.storage.sqlite import SchemaAccess
from portal.databases.engines import engine_for
from portal.databases.migrations import history
from portal.databases.migrations.history import what_failed
from portal.databases.migrations.lint.events import Event, EventKind
from portal.databases.migrations.lint.recorder import NAMING, Recorder, run_pretending, run_recorded
from portal.databases.migrations.lint.rules import (
    Danger,
    SchemaBefore,
    downgrade_dangers,
    file_dangers,
    upgrade_dangers,
)
from portal.databases.migrations.lint.suppressions import Finding, with_acceptance
from portal.databases.migrations.objects.comparing import Loss
from portal.databases.migrations.objects.watching import watching
from portal.databases.migrations.revision import Revision, described

SAFER = (
    "Make triggers and indexes again with op.execute; pass checks in table_args, AUTOINCREMENT in"
    " table_kwargs, or the whole table in copy_from; set the counter in sqlite_sequence. What is"
    " meant to go, drop by its name."
)
NAMED_AT_MOST = 6
TAKING = (EventKind.REBUILD, EventKind.DROP_TABLE, EventKind.RENAME_TABLE)


def lint_history(path: Path | None = None) -> list[Finding]:
    """The findings of a history's folder, or of one of its files; accepted ones as well.

    Raises Invalid for what is not a history, or does not run on an empty database.
    """
    folder, only = _folder_of(path or history.FOLDER)
    return _lint(folder, lambda revision: only is None or revision.file == only)


def lint_revisions(chosen: Iterable[Revision], *, folder: Path | None = None) -> list[Finding]:
    """The findings of some revisions of one history, by default the directory's own.

    One thread at a time. Raises Invalid for a history that does not run on an empty SQLite file.
    """
    folder = folder or history.FOLDER
    return list(_cached(folder, _state(folder), frozenset(each.id for each in chosen)))


@lru_cache(maxsize=4)
def _cached(
    folder: Path, state: tuple[tuple[str, int], ...], wanted: frozenset[str]
) -> list[Finding]:
    return _lint(_folder_of(folder)[0], lambda revision: revision.id in wanted)


def _state(folder: Path) -> tuple[tuple[str, int], ...]:
    """Changes with any change of the files."""
    files = sorted((folder / "versions").glob("*.py"))
    return tuple((str(file), file.stat().st_mtime_ns) for file in files)


def _folder_of(path: Path) -> tuple[Path, Path | None]:
    path = path.resolve()
    if path.is_file():
        return path.parent.parent, path
    folder = path.parent if path.name == "versions" else path
    if not (folder / "versions").is_dir():
        raise Invalid(f"{path} is neither a history of revisions nor one of its files.")
    return folder, None


def _lint(folder: Path, is_wanted: Callable[[Revision], bool]) -> list[Finding]:
    is_ours = folder == history.FOLDER.resolve()
    live = DirectoryModel.metadata if is_ours else MetaData()
    found: list[Finding] = []
    with _scratch() as connection:
        for script in reversed(list(_scripts(folder))):
            revision = described(script)
            if is_wanted(revision):
                found += _lint_one(connection, revision, live)
            else:
                _run_through(connection, revision)
    return [with_acceptance(each) for each in found]


def _run_through(connection: Connection, revision: Revision) -> None:
    """Run a revision that is not linted: later ones start from what it makes."""
    context = MigrationContext.configure(connection, opts={"target_metadata": NAMING})
    try:
        with Operations.context(context):
            revision.module.upgrade()
    except Exception as error:
        raise _does_not_run(revision, error) from error


def _does_not_run(revision: Revision, error: Exception) -> Invalid:
    return Invalid(f"{revision.file.name} does not run on an empty database: {error}")


def _scripts(folder: Path) -> Iterator[Script]:
    try:
        yield from ScriptDirectory(str(folder)).walk_revisions()
    except Exception as error:  # revision files are arbitrary code
        reason = what_failed(folder, error)
        raise Invalid(f"The history in {folder} can't be read: {reason}") from None


def _lint_one(connection: Connection, revision: Revision, live: MetaData) -> list[Finding]:
    before = _schema(connection)
    forward, back = Recorder(revision.file), Recorder(revision.file)
    lost: list[Finding] = []
    try:
        with watching(connection) as objects:
            run_recorded(connection, revision.module.upgrade, forward)
        lost += _lost(revision, forward.events, objects.losses)
        with connection.begin_nested() as nested:
            with watching(connection) as objects:
                run_recorded(connection, revision.module.downgrade, back)
            lost += _lost(revision, back.events, objects.losses)
            nested.rollback()
    except NotImplementedError:
        pass  # no downgrade, which is a finding of its own
    except Exception as error:
        raise _does_not_run(revision, error) from error
    run_pretending("postgresql", revision.module.upgrade, forward)
    found = [*_findings(revision, forward.events, back.events, before, live)]
    return _gathered([*found, *lost])


def _lost(revision: Revision, events: Sequence[Event], losses: Sequence[Loss]) -> Iterator[Finding]:
    """One finding for each line that rebuilds a table."""
    for line, group in lost_by_line(events, losses).items():
        yield _finding(revision, line, losing_objects(group))


def _gathered(findings: Iterable[Finding]) -> list[Finding]:
    """One for each rule and line: a loop over thirty columns is one danger."""
    groups: dict[tuple[str, int], list[Finding]] = {}
    for each in findings:
        groups.setdefault((each.rule, each.line), []).append(each)
    return [_with_number(group[0], len(group)) for group in groups.values()]


def _with_number(finding: Finding, number: int) -> Finding:
    if number == 1:
        return finding
    return replace(finding, sentence=f"{finding.sentence} ({number} like this on this line.)")


def _findings(
    revision: Revision,
    forward: Sequence[Event],
    back: Sequence[Event],
    before: SchemaBefore,
    live: MetaData,
) -> Iterator[Finding]:
    for danger in file_dangers(revision):
        yield _finding(revision, _line_of(revision, danger[0]), danger)
    for event in forward:
        for danger in upgrade_dangers(event, revision, before, live):
            yield _finding(revision, event.line, danger)
        before.follow(event)
    for event in back:
        for danger in downgrade_dangers(event):
            yield _finding(revision, event.line, danger)


def _finding(revision: Revision, line: int, danger: Danger) -> Finding:
    rule, sentence, safer = danger
    return Finding(rule, revision.file, line, revision.id, sentence, safer)


def _line_of(revision: Revision, rule: str) -> int:
    """The downgrade's line for what it lacks; the first line for the file as a whole."""
    return revision.module.downgrade.__code__.co_firstlineno if rule == "no-way-back" else 1


def _schema(connection: Connection) -> SchemaBefore:
    """Names are in lower case, as a revision may write them in any case."""
    inspector, before = inspect(connection), SchemaBefore({}, {})
    for table in inspector.get_table_names():
        name, columns = table.lower(), inspector.get_columns(table)
        before.columns[name] = {each["name"].lower() for each in columns}
        needed = [each["name"] for each in columns if not each["nullable"]]
        keys = inspector.get_pk_constraint(table)["constrained_columns"]
        before.required[name] = {each.lower() for each in (*needed, *keys)}
        for key in inspector.get_foreign_keys(table):
            if str(key["options"].get("ondelete", "")).upper() == "CASCADE":
                before.cascades.setdefault(key["referred_table"].lower(), set()).add(table)
    return before


@contextmanager
def _scratch() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory(prefix="lint-") as folder:
        file = Path(folder) / "lint.sqlite3"
        engine = engine_for(sqlite_url("lint", URL.create("sqlite", database=str(file))))
        engine.create()
        with engine.changing(SchemaAccess.SCRATCH) as connection:
            yield connection


def lost_by_line(events: Sequence[Event], losses: Sequence[Loss]) -> dict[int, list[Loss]]:
    """The losses by the first line that rebuilds, drops or renames the object's table."""
    found: dict[int, list[Loss]] = {}
    for loss in losses:
        found.setdefault(_line_taking(events, loss.fact.table), []).append(loss)
    return found


def losing_objects(losses: Sequence[Loss]) -> tuple[str, str, str]:
    """Rule, what would happen, the safer way."""
    more = len(losses) - NAMED_AT_MOST
    also = f" And {more} more." if more > 0 else ""
    sentences = " ".join(each.sentence for each in losses[:NAMED_AT_MOST])
    return "rebuild-loses-objects", f"No operation names it: {sentences}{also}", SAFER


def _line_taking(events: Sequence[Event], table: str) -> int:
    taking = [each for each in events if each.kind in TAKING]
    on_it = [each for each in taking if each.table.lower() == table.lower()]
    return next((each.line for each in [*on_it, *taking, *events]), 1)
