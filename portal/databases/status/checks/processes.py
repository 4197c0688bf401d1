"""Processes that serve a target, its sessions, the rights of both roles, and the clocks."""

from collections.abc import Iterator

from portal.databases.migrations.external import calls_the_guard
from portal.databases.policies.release_gate import clock_differences, leases_of, named, wrong_leases
from portal.databases.policies.target_leases import Unreadable, why_closed, why_none_can_stand
from portal.databases.sessions.known import known_sessions
from portal.databases.sessions.strangers import unknown_sessions
from portal.databases.status.checks.finding import (
    CheckedTarget,
    Finding,
    fault,
    fault_of_real_production,
    note,
)
from portal.databases.targets.database_roles import wrong_rights
from portal.jobs.leases.clocks import ops_moment


def behind(subject: CheckedTarget) -> Iterator[Finding]:
    """Live processes that show their maintenance page instead of it."""
    found = [each for each in leases_of(subject.target) if subject.revision not in each.serves]
    if found:
        yield fault_of_real_production(
            f"These processes can't serve its revision: {'; '.join(map(named, found))}."
            " They show their maintenance page; deploy the matching code there."
        )


def strangers(subject: CheckedTarget) -> Iterator[Finding]:
    if found := unknown_sessions(subject.target):
        yield fault(
            f"Connected, and no program that is known here: {'; '.join(e.words for e in found)}."
            " No change starts while they are connected. End these sessions, or restart these"
            " programs."
        )
    for each in known_sessions(subject.target):
        yield note(
            f"Sessions of {each.role} are declared known by {each.declared_by} on"
            f" {each.declared_at:%Y-%m-%d %H:%M} UTC, and stop no change while they only read:"
            f" {each.reason} To end that: flask databases declare-known {subject.name}"
            f" {each.role} --end"
        )


def beside(subject: CheckedTarget) -> Iterator[Finding]:
    """Leases beside the target that close the gate.

    Processes come and go; what can't be read stays so until it is repaired.
    """
    if closed := why_closed(subject.target):
        yield Finding(_without_outcome(str(closed)), is_fault=isinstance(closed, Unreadable))
    if bare := why_none_can_stand(subject.target):
        yield note(bare)


def rights(subject: CheckedTarget) -> Iterator[Finding]:
    for wrong in wrong_rights(subject.target):
        yield fault(f"{wrong} Fix the roles, then run: flask databases roles {subject.name}")


def guard(subject: CheckedTarget) -> Iterator[Finding]:
    """For another application: whether its own commands call the guard."""
    history = subject.target.history
    if not subject.target.is_directory and not calls_the_guard(history):
        yield fault(
            f"{history.folder / 'env.py'} does not call the guard;"
            " `alembic upgrade` is unchecked. Call it there, as docs/operator.md shows."
        )


def clocks(subject: CheckedTarget) -> Iterator[Finding]:
    """This machine's clock, and those of the servers of the ops database and of the target."""
    for each in clock_differences(subject.target):
        yield fault(_without_outcome(str(each)))


def leases() -> Iterator[Finding]:
    """Lease renewals in the future, and processes that no observer has seen to be dead."""
    for each in wrong_leases(ops_moment()):
        yield fault(_without_outcome(str(each)))


def _without_outcome(sentence: str) -> str:
    return sentence.replace(" Nothing was changed.", "")
