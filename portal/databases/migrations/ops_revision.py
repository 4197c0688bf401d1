"""Whether the control room's database has what this release needs: it is set up before new code.

Its revisions only add, so a newer one serves older code as well; only an older one is refused.
"""

from functools import cache

from portal.core.configuration.settings import settings
from portal.core.errors import PortalError, Unavailable
from portal.core.faults.cause import Cause
from portal.core.faults.places import ops_place
from portal.core.faults.sentences import fault_at
from portal.databases.migrations.history import OPS_FOLDER, SEVERAL, History
from portal.jobs.connection import ops_engine
from portal.jobs.leases.holder import held_lease
from portal.jobs.ops_revision import NOT_SET_UP, asked_revision

SET_UP = "Run: flask portal setup"
_enough: set[str] = set()
"""Addresses where a process without a lease has found what it needs; that never becomes less."""


def why_ops_unfit(*, even_empty: bool = True) -> str | None:
    """One sentence with the remedy; None also if it is unknown, as while ops does not answer.

    `even_empty`: also of one that holds nothing, which is no release's.
    """
    held = held_lease()
    if held is not None:
        return _why(held.ops.revision, even_empty=even_empty)
    address = settings().ops_url.render_as_string()
    if address in _enough:
        return None
    found = asked_revision(ops_engine(settings().ops_url, patience=2))
    if found is not None and why_behind(found) is None:
        _enough.add(address)
    return _why(found, even_empty=even_empty)


def _why(found: str | None, *, even_empty: bool) -> str | None:
    return why_behind(found) if found or (found == NOT_SET_UP and even_empty) else None


def require_ops_set_up() -> None:
    """Raises Unavailable."""
    if why := why_ops_unfit():
        sentence, _, remedy = why.partition(" Run: ")
        raise Unavailable(sentence, remedy=f"Run: {remedy}")


def why_behind(found: str) -> str | None:
    """Why a revision is too old for this release, with the remedy."""
    if found == NOT_SET_UP:
        return str(fault_at(ops_place(settings()), Cause.NOT_SET_UP))
    return _verdict(found)


@cache
def _verdict(found: str) -> str | None:
    if SEVERAL in found:
        return None  # a damaged version table, which `flask databases check` names
    try:
        history = History(OPS_FOLDER)
        if not history.knows(found) or not (waiting := history.pending(found)):
            return None
    except PortalError:
        return None
    return (
        f"The control room's database is at {found}, and this release needs {waiting[-1].id}."
        f" {SET_UP}"
    )
