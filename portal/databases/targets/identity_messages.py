"""Messages about a database, a sentence and a remedy each: for pages, commands and audit log."""

from portal.databases.targets.config import Target
from portal.databases.targets.control_rooms import Room
from portal.databases.targets.identity_label import Label
from portal.databases.targets.models import RegisteredTarget

Said = tuple[str, str | None]


def missing(target: Target, address: str, known: RegisteredTarget | None) -> Said:
    if known:
        return (
            f"There is no database at {address}, and {target.name} should be there.",
            f"Check {target.variable}; {target.name} was registered at {known.address}.",
        )
    return (
        f"There is no database at {address}.",
        f"Check {target.variable}, or run: flask portal setup"
        if target.is_directory
        else f"Check {target.variable}; a backup is put there by: flask databases restore",
    )


def unreachable(target: Target, address: str, error: str) -> Said:
    return (
        f"What is at {address} can't be read as a database: {error}.",
        f"Check {target.variable}, and what is there.",
    )


def empty(target: Target, address: str) -> Said:
    sentence = f"The database at {address} is empty and not registered."
    if target.is_production:
        return sentence, (
            f"Check {target.variable}, or put a backup there: {_restore(target)}; where there never"
            " was a production, take the empty one away and run: flask portal setup"
        )
    return sentence, f"To make it {target.name}: flask databases adopt {target.name}"


def replaced_by_empty(target: Target) -> Said:
    gone = f"Check {target.variable}; if the other one is gone for good, an admin"
    return (
        (
            f"The database at {target.name}'s address is empty,"
            f" and this control room knows another one as {target.name}."
        ),
        f"{gone} puts its backup there: {_restore(target)}"
        if target.is_production
        else f"{gone} runs: flask databases adopt {target.name}",
    )


def _restore(target: Target) -> str:
    return f"flask databases restore {target.name} BACKUP"


def unlabelled(
    target: Target, address: str, known: RegisteredTarget | None, *, is_likely: bool
) -> Said:
    """`is_likely`: it is at the registered location, or at a revision of the target's history."""
    sentence = (
        f"The database at {address} holds tables and no identity, so nothing says what it is."
    )
    if is_likely or not target.is_production:
        return (
            sentence,
            f"If it is {target.name}, an admin runs: flask databases adopt {target.name}",
        )
    at = f"; {target.name} was registered at {known.address}" if known else ""
    return sentence, f"Its tables are not those of {target.name}. Check {target.variable}{at}."


def control_room(target: Target, address: str) -> Said:
    return (
        f"The database at {address} is a control room's own, and {target.name} should be there.",
        f"Fix {target.variable}.",
    )


def version_alone(target: Target, address: str, revision: str) -> Said:
    return (
        (
            f"The database at {address} says in alembic_version that it is at {revision}, and"
            " holds no other table: nothing says whose revision that is."
        ),
        f"Fix {target.variable}, or drop the table alembic_version there.",
    )


def fits(target: Target) -> Said:
    return f"Identity confirmed: this is {target.name}.", None


def unknown(target: Target, label: Label, room: Room | None = None) -> Said:
    sentence = (
        f"The database at {target.name}'s address says it is {label.environment},"
        " and this control room does not know it."
    )
    if room is not None:
        sentence += f" Its label is another control room’s: {room}."
    if (label.application, label.environment) == (target.application, target.environment.value):
        return sentence, f"If that is right, an admin runs: flask databases adopt {target.name}"
    return sentence, f"Check {target.variable}."


def taken(target: Target, label: Label, room: Room) -> Said:
    return (
        (
            f"Another control room took {target.name} over: {room}. Its label is there since"
            f" {label.stamped_at[:16].replace('T', ' ')} UTC, and it can't be changed from here."
        ),
        (
            f"Ask the people who run that one. If {target.name} belongs here, an admin runs:"
            f" flask databases adopt {target.name}"
        ),
    )


def forged(target: Target, address: str) -> Said:
    return (
        f"The label in the database at {address} was altered: its signature does not hold.",
        (
            "Find out who edited portal_identity; if the database is the registered one, an admin"
            f" runs: flask databases adopt {target.name}"
        ),
    )


def copied(target: Target, known: RegisteredTarget) -> Said:
    return (
        (
            f"The database at {target.name}'s address is a copy of {known.name};"
            f" the original is at {known.address}."
        ),
        f"Fix {target.variable}, or take the copy away{_or_adopt(target, known)}",
    )


def same_file(target: Target, known: RegisteredTarget) -> Said:
    """For a hard link or a bind mount: a person who takes it for a copy might delete the original.

    Development is never directed to production's file, whatever the path.
    """
    own = (
        f"Set {target.variable} to {known.address}."
        if known.name == target.name
        else f"Set {target.variable} to {target.name}'s own database."
    )
    return (
        (
            f"{target.variable} leads to the very file of {known.name} by another path than"
            f" {known.address}: a hard link or a mount, and no copy."
        ),
        f"Delete nothing. {own}",
    )


def _or_adopt(target: Target, known: RegisteredTarget) -> str:
    """Offers adoption, except for a copy of production, which never becomes anything else."""
    if target.is_production or known.name != target.name:
        return "."
    return f"; to work with it instead, an admin runs: flask databases adopt {target.name}"


def twin(target: Target, other: Target) -> Said:
    return (
        (
            f"The database at {other.name}'s address says it is this same {target.name}:"
            f" one of the two is a copy of {target.name}."
        ),
        f"Fix {other.variable}, or take the copy away.",
    )


def moved(target: Target, known: RegisteredTarget) -> Said:
    return (
        (
            f"This says it is {target.name}, and it is not the one that was registered at"
            f" {known.address}: it was moved, or it is a copy."
        ),
        (
            f"If the registered one is gone for good, an admin runs: flask databases adopt"
            f" {target.name}"
        ),
    )


def misplaced(target: Target, known: RegisteredTarget) -> Said:
    return f"{target.variable} leads to the {known.name} database.", f"Fix {target.variable}."


def shared(target: Target, other: Target) -> Said:
    return (
        f"{target.variable} and {other.variable} lead to the same database.",
        "Give each its own address.",
    )
