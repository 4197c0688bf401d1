"""The identity, the version table, and what the pending revisions refuse of the rows there are."""

import re
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from portal.databases.migrations.history import SEVERAL
from portal.databases.migrations.revision import Revision
from portal.databases.preflight.findings import ALL, Found, Stops, Subject
from portal.databases.status.checks.finding import CheckedTarget
from portal.databases.status.checks.schema import versions as version_faults
from portal.databases.targets.ops_address import require_ops_place

FIXES = (
    (r"User \d+ \(.*\) owns \d+ studios: (.*)\. Give", "UPDATE studios SET owner_id = … WHERE"),
    (r"Studio (\d+) \(.*has no owner", "UPDATE studios SET owner_id = … WHERE"),
    (r"Profile (\d+) belongs to", "UPDATE user_profiles SET user_id = … WHERE"),
    (r"User \d+ has two profiles, \d+ and (\d+)", "DELETE FROM user_profiles WHERE"),
)
"""The SQL for what the consolidation refuses, by its sentences; its file never changes."""
OF_ANOTHER = "With the number of another account in place of …:"
_ROW = re.compile(r"Row (\d+) of (\w+) names")


def identity(subject: Subject) -> Iterator[Found]:
    """Without a confirmed identity nothing is backed up, restored or changed."""
    if subject.is_ops:
        require_ops_place()
        return
    judgement = subject.judgement
    if not judgement.fits and judgement.is_there:
        yield Found(judgement.sentence, (judgement.remedy or "",), ALL, in_check=False)


def versions(subject: Subject) -> Iterator[Found]:
    if subject.is_ops:
        return
    for each in version_faults(CheckedTarget(subject.target)):
        yield Found(each.sentence, stops=(Stops.CHANGE,), in_check=False)


def refusals(subject: Subject) -> Iterator[Found]:
    """A revision that names rows in its way has a function `refusals`, which only reads."""
    revision = subject.judgement.revision if not subject.is_ops else None
    history = subject.target.history
    if subject.is_ops or not history.knows(revision) or (revision and SEVERAL in revision):
        return  # the version table's finding says it
    pending = history.pending(revision)
    for place, each in enumerate(pending):
        ask = getattr(each.module, "refusals", None)
        if callable(ask):
            yield from _refused(subject, each, is_first=place == 0)


def _refused(subject: Subject, revision: Revision, *, is_first: bool) -> Iterator[Found]:
    try:
        with subject.reading() as connection:
            reasons = revision.module.refusals(connection)
    except SQLAlchemyError:
        if is_first:
            raise
        yield Found(
            f"What revision {revision.id} asks of the rows can't be asked before the revisions"
            " ahead of it ran: the rehearsal asks it."
        )
        return
    for reason in reasons:
        yield Found(reason, _fix(reason), (Stops.CHANGE,))


def _fix(reason: str) -> str | tuple[str, ...]:
    if row := _ROW.match(reason):
        return f"DELETE FROM {row[2]} WHERE id = {row[1]};"  # noqa: S608
    for pattern, sql in FIXES:
        if found := re.match(pattern, reason):
            ids = re.findall(r"(?:^|, )(\d+)", found[1])
            steps = tuple(f"{sql} id = {each};" for each in ids[1:] or ids)
            return (OF_ANOTHER, *steps) if "…" in sql else steps
    return ()
