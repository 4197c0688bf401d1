"""Verification: after a change the database is checked again, from outside."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from sqlalchemy import Connection

from portal.core.errors import Refused, Unavailable
from portal.core.storage.database import JsonDict, db
from portal.databases.changes.models import Ticket
from portal.databases.engines import engine_for
from portal.databases.engines.copies import copier_for
from portal.databases.migrations.history import current_revision
from portal.databases.migrations.invariants.answers import answer, answers
from portal.databases.migrations.revision import Revision
from portal.databases.policies.drift import differs_in_structure, digest_of_names
from portal.databases.policies.release_gate import leases_of, named, processes_that_cannot_serve
from portal.databases.targets.config import Target, target_named
from portal.databases.targets.identity import judge
from portal.jobs.operations.progress import Progress
from portal.jobs.operations.recovery import read_and_release

LOOK = "Look at the differences before anything else; the backup of this run is the rollback."


def verify(ticket: Ticket, *, progress: Progress) -> JsonDict:
    """Compare the database with what its change left. Raises Refused, naming what differs.

    Commits what is open: other processes write to ops meanwhile. The result is checked again at the
    end, with ops locked: a restore may have happened in between.
    """
    verify_database(ticket, progress=progress)
    with read_and_release():
        target = target_named(ticket.plan.target)
        with progress.step("Do the checks still pass?"):
            invariants = _require_invariants(ticket, (ticket.outcome or {}).get("invariants", []))
        with progress.step("Can every live process work with it?"):
            serving = _require_served(target, ticket.plan.to_revision, progress)
    require_identity_and_revision(ticket)
    return {
        "sentence": _what_was_compared(ticket, len(invariants)),
        "invariants": invariants,
        "processes": serving,
    }


def _what_was_compared(ticket: Ticket, promises: int) -> str:
    plan = ticket.plan
    return (
        f"{plan.target} is at {plan.to_revision}, with the schema that the change left; of the last"
        f" revision's checks {promises} were repeated and passed. Rows were not compared: people"
        " may have written since."
    )


def verify_database(ticket: Ticket, *, progress: Progress | None = None) -> None:
    """Checks the database alone, while it is served and written to.

    Raises Refused for what it found, and Unavailable or the engine's own error if it could not
    check: only the first says anything about the change.

    The checks were compared before the commit: rows missing since then were deleted by users.
    Commits what is open: other processes write to ops meanwhile.
    """
    db.session.commit()
    step = progress.step if progress else nullcontext
    with read_and_release():
        target = target_named(ticket.plan.target)
        revisions = [target.history.revision(each["id"]) for each in ticket.plan.revisions]
        with step("Is it the same database, at the plan's revision?"):
            require_identity_and_revision(ticket)
    with step("Is the file sound?"):
        copier_for(target.url).require_sound()
    with engine_for(target.url).reading() as connection:
        require_declared(connection, revisions)


def require_declared(connection: Connection, revisions: Sequence[Revision]) -> None:
    """The `verifications` that revisions declare: (words, SQL) that returns true after the change.

    Run on the rehearsed copy, and on the database itself after the commit. Raises Refused.
    """
    for revision in revisions:
        for words, sql in getattr(revision.module, "verifications", []):
            if not answer(connection, sql):
                raise Refused(f"After {revision.id} this does not hold: “{words}”.", remedy=LOOK)


def require_identity_and_revision(ticket: Ticket) -> None:
    target = target_named(ticket.plan.target)
    judgement = judge(target)
    if not judgement.is_there:
        raise Unavailable(judgement.sentence, remedy=judgement.remedy)
    if not judgement.fits:
        raise Refused(judgement.sentence, remedy=judgement.remedy)
    engine = engine_for(target.url)
    with engine.reading() as connection:
        revision, differs = current_revision(connection), differs_in_structure(target, connection)
        names = digest_of_names(engine, connection, ticket.plan.schema_digest)
    if revision != ticket.plan.to_revision:
        raise Refused(
            f"{target.name} is at {revision}, not at {ticket.plan.to_revision}.", remedy=LOOK
        )
    if differs:
        raise Refused(f"{target.name} has another schema than the change left.", remedy=LOOK)
    rehearsed = ticket.plan.schema_after
    if rehearsed and names != rehearsed:
        raise Refused(f"{target.name} has other objects than the rehearsal left.", remedy=LOOK)


def _require_invariants(ticket: Ticket, measured: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Users may have written since, so a higher value is a note; a lower one is refused."""
    expected = {each["words"]: str(each["after"]) for each in measured}
    target = target_named(ticket.plan.target)
    last = target.history.revision(ticket.plan.to_revision)
    with engine_for(target.url).reading() as connection:
        found = _values(connection, getattr(last.module, "upgrade_invariants", []))
    lost = [
        f"{words}: {expected[words]}, and now {value}"
        for words, value in found.items()
        if words in expected and _is_less(value, expected[words])
    ]
    if lost:
        raise Refused(f"Something is missing since the change: {'; '.join(lost)}.", remedy=LOOK)
    return [
        {"words": words, "before": expected.get(words), "after": value, "holds": True}
        for words, value in found.items()
    ]


def _values(connection: Connection, invariants: list[tuple[str, str, str]]) -> dict[str, str]:
    found = answers(connection, [(words, after) for words, _, after in invariants])
    return {words: found[after] for words, _, after in invariants}


def _is_less(found: str, expected: str) -> bool:
    """Values are a count, or a count and a checksum with a slash between."""
    try:
        return int(found.split("/", maxsplit=1)[0]) < int(expected.split("/", maxsplit=1)[0])
    except ValueError:
        return found != expected


def _require_served(target: Target, revision: str, progress: Progress) -> int:
    if unfit := processes_that_cannot_serve(target, revision):
        raise Refused(
            f"Not every process can work with {revision}: {'; '.join(map(named, unfit))}.",
            remedy="Deploy the matching release.",
        )
    serving = len(leases_of(target))
    progress.say(f"{serving} live processes serve it.")
    return serving
