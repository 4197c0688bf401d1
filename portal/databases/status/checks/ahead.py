"""What would stop the next backup, restore or change: the preflight, in short."""

from collections.abc import Iterator

from portal.databases.preflight.report import in_short
from portal.databases.preflight.run import preflight_for_check
from portal.databases.status.checks.finding import CheckedTarget, Finding
from portal.databases.targets.config import Target, ops_database


def ahead(subject: CheckedTarget) -> Iterator[Finding]:
    """Without the trial of the schema, which makes a database of its own."""
    yield from _of(subject.target)


def ahead_of_ops() -> Iterator[Finding]:
    """Of the control room's own database, which is backed up each night as well."""
    yield from _of(ops_database())


def _of(target: Target) -> Iterator[Finding]:
    for each in preflight_for_check(target):
        yield Finding(in_short(each, target.name), is_fault=each.is_fault)
