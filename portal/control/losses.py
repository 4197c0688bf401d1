"""What a set-up finds missing that was there before: it says so, and puts nothing empty in its
place unless somebody asks for that.
"""

from pathlib import Path

from sqlalchemy.exc import DatabaseError

from portal.control.ops_upgrade import has_room
from portal.core.errors import Conflict, PortalError
from portal.databases.backups.catalogue.find import standing_backups
from portal.databases.backups.files import folder_of_backups
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target, ops_database, targets
from portal.databases.targets.identity import IdentityState, Judgement
from portal.databases.targets.identity_label import BrokenLabel, read_label
from portal.databases.targets.ops_address import require_ops_place

GUIDE = "docs/bad-night.md, “The ops database is gone”"


def lost_room(*, demo: bool) -> str | None:
    """What is said before a new control room is created beside databases or backups of another.

    None where there is a control room, or nothing is left of one. Raises Conflict for a demo: it
    could not use those databases, so nothing is created.
    """
    require_ops_place()
    if has_room():
        return None
    labels = {each.name: _is_labelled(each) for each in targets()}
    labelled = [name for name, is_labelled in labels.items() if is_labelled]
    unknown = [name for name, is_labelled in labels.items() if is_labelled is None]
    backups = sorted(folder_of_backups().glob("*.json"))
    if not labelled and not backups and not unknown:
        return None
    sentence = _what_is_left(labelled, unknown, backups)
    if demo and (labelled or unknown):
        raise Conflict(
            f"{sentence} Nothing was created.",
            remedy=f"Bring it back ({GUIDE}), or choose another folder for a new demo with"
            " PORTAL_DATA.",
        )
    newest = max((each.stem for each in backups if each.stem.startswith("ops-")), default=None)
    where = f"Its newest backup here is {newest}: {GUIDE}." if newest else f"Go on with {GUIDE}."
    return (
        f"{sentence} Creating an empty one, without the accounts, runs and audit log of before."
        f" {where}"
    )


def is_lost(target: Target, judgement: Judgement) -> bool:
    """Whether this control room knows a database of that name, and there is none now, or an empty
    one.

    One whose creation never ended is not lost: the set-up goes on with it.
    """
    if judgement.registered is None or judgement.label is not None:
        return False
    return judgement.state in {IdentityState.MISSING, IdentityState.UNKNOWN}


def loss_of(target: Target, judgement: Judgement) -> Conflict:
    """What was found, and what to do."""
    newest = next((each for each in standing_backups() if each.target == target.name), None)
    backup = newest.name if newest else "BACKUP"
    taken = "" if newest else " No backup of it is known here."
    otherwise = (
        "; to begin with an empty one: flask portal setup --new-development"
        if target.name == "development"
        else ""
    )
    return Conflict(
        f"{judgement.sentence}{taken} Nothing was created in its place.",
        remedy=f"If it is lost: flask databases restore {target.name} {backup}{otherwise}",
    )


def _what_is_left(labelled: list[str], unknown: list[str], backups: list[Path]) -> str:
    address = engine_for(ops_database().url).address
    found = []
    if labelled:
        verb = "carries" if len(labelled) == 1 else "carry"
        found.append(f"{' and '.join(labelled)} {verb} a control room’s label")
    if backups:
        count = "1 backup is" if len(backups) == 1 else f"{len(backups)} backups are"
        found.append(f"{count} in {folder_of_backups()}")
    if not found:
        return (
            f"There is no control room in {address}, and {' and '.join(unknown)} could not be"
            " read, so whether there was one is unknown."
        )
    return f"There is no control room in {address}, and there was one: {', and '.join(found)}."


def _is_labelled(target: Target) -> bool | None:
    """A label that can't be read was written by a control room all the same. None if unknown."""
    engine = engine_for(target.url)
    try:
        if not engine.exists():
            return False
        with engine.reading() as connection:
            return read_label(connection) is not None
    except BrokenLabel:
        return True
    except (DatabaseError, PortalError):
        return None
