"""One sentence and one remedy for each cause: for pages, commands, logs and `/readyz` alike."""

import os
import pwd
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from portal.core.configuration.settings import Environment, Settings
from portal.core.errors import StaffFault
from portal.core.faults import of_files
from portal.core.faults.cause import Cause, cause_of, is_lost_session
from portal.core.faults.lacking import Lack, lack_behind
from portal.core.faults.of_postgresql import server_said
from portal.core.faults.places import Place, host_of, place_of
from portal.core.storage.busy import busy

BAD_NIGHT = "docs/bad-night.md"
Said = tuple[str, str]


class DatabaseFault(StaffFault):
    """A database can't be used; `place` says which, `cause` why."""

    def __init__(self, place: Place, cause: Cause, said: Said) -> None:
        super().__init__(said[0], remedy=said[1])
        self.place, self.cause = place, cause


class DiskFault(StaffFault):
    """A file can't be read or written, for what the operating system says of its disk."""


def fault_of(
    error: BaseException, config: Settings, *, about: Place | None = None
) -> StaffFault | None:
    """The sentence for an error; None for one that says nothing about a database or a disk.

    `about`: the database, where no engine noted it on the error.
    """
    if isinstance(error, DatabaseFault):
        return error
    if isinstance(error, OSError):
        return _of_disk(error)
    place = place_of(error, config) or about
    cause = cause_of(error, place.file if place else None)
    if place and cause is Cause.NOT_SET_UP:
        return _of_schema(place, error)
    return fault_at(place, cause, error) if place and cause else None


def fault_at(place: Place, cause: Cause, error: BaseException | None = None) -> StaffFault:
    """The sentence for a cause at a place. `error`: whose words are quoted."""
    if cause is Cause.LOCKED and place.file:
        return busy(place.url, _capital(place.name))
    orig = error.orig if isinstance(error, DBAPIError) else error
    return DatabaseFault(place, cause, _SAID[cause](place, _words_of(orig)))


def _words_of(error: BaseException | None) -> str:
    if error is None:
        return "no answer"
    return "its server ended the session" if is_lost_session(error) else server_said(error)


def _of_schema(place: Place, error: BaseException) -> StaffFault | None:
    """A table or a column is missing; None if the database has all that it should have."""
    try:
        lack = lack_behind(place, str(getattr(error, "orig", error)))
    except (DBAPIError, sqlite3.Error, OSError) as other:
        cause = cause_of(other, place.file)
        return fault_at(place, cause, other) if cause not in {None, Cause.NOT_SET_UP} else None
    if lack is None:
        return None
    if lack.set_up is True or not lack.things:
        return fault_at(place, Cause.NOT_SET_UP)
    if lack.set_up:
        sentence, _, remedy = str(lack.set_up).partition(" Run: ")
        return DatabaseFault(place, Cause.NOT_SET_UP, (sentence, f"Run: {remedy}"))
    return DatabaseFault(place, Cause.DAMAGED, _lacking(place, lack))


def _lacking(place: Place, lack: Lack) -> Said:
    what = f"{_capital(place.name)} at {place.address} is damaged"
    return (
        f"{what}: {lack.things} is missing, which its revision, {lack.revision}, has.",
        f"See: flask databases check. To restore the newest backup: {BAD_NIGHT}.",
    )


def _of_disk(error: OSError) -> DiskFault | None:
    cause = cause_of(error)
    if cause is None:
        return None
    file = Path(str(error.filename or "."))
    disk = of_files.disk_of(file)
    needs = f"{file} needs room there" if error.filename else "what was being written needs room"
    said = {
        Cause.FULL: (f"The disk at {disk} is full, and {needs}.", _make_room(disk)),
        Cause.READ_ONLY: (
            f"The disk at {disk} is read-only, and {file} must be written.",
            _mount(disk),
        ),
        Cause.NO_RIGHTS: (f"User {_user()} may not use {file}.", _rights("it")),
    }
    other = (f"The disk at {disk} does not answer: {error.strerror}.", f"Check the disk at {disk}.")
    sentence, remedy = said.get(cause, other)
    return DiskFault(sentence, remedy=remedy)


def _full(place: Place, said: str) -> Said:
    if place.file is None:
        where = f"the disk of {host_of(place.url) or 'its server'}"
        return f"{_capital(where)} is full, and {place.name} needs room there: {said}.", (
            "Make room on that disk: no restart is needed."
        )
    disk = of_files.disk_of(place.file)
    if of_files.is_limited(place.file) and not of_files.is_full(place.file):
        return (
            f"A limit on the size of files keeps {place.name} ({place.file}) from growing.",
            "Raise that limit (ulimit -f, LimitFSIZE) for this process, and start it again.",
        )
    return (
        f"The disk at {disk} is full, and {place.name} ({place.file}) needs room there.",
        _make_room(disk),
    )


def _read_only(place: Place, _said: str) -> Said:
    if place.file is None:
        return f"{_capital(place.name)} is read-only on its server, {place.address}.", (
            f"Point {place.variable} to the server that accepts writes."
        )
    disk = of_files.disk_of(place.file)
    if of_files.is_mounted_read_only(place.file):
        return (
            f"The disk at {disk} is read-only, and {place.name} ({place.file}) must be written.",
            _mount(disk),
        )
    return f"{_capital(place.name)} ({place.file}) can only be read.", _rights("it")


def _no_rights(place: Place, said: str) -> Said:
    if place.file is None:
        role = place.url.username or _user()
        return (
            f"The server of {place.name} at {place.address} refuses role {role}: {said}.",
            f"Check the role and the password in {place.variable}, and the role’s rights.",
        )
    return f"User {_user()} may not use {place.name} ({place.file}).", _rights("it and its folder")


def _damaged(place: Place, said: str) -> Said:
    return (
        f"{_capital(place.name)} at {place.address} is damaged: {said}.",
        f"Stop every process, and restore its newest backup, as {BAD_NIGHT} says.",
    )


def _missing(place: Place, _said: str) -> Said:
    lost = f"If it is lost, see {BAD_NIGHT}."
    first = "For a first set-up, run: flask portal setup. " if place.is_ops else ""
    return (
        f"There is no database at {place.address}, and {place.short} should be there.",
        f"Check {place.variable}, and that its disk is mounted. {first}{lost}",
    )


def _locked(place: Place, said: str) -> Said:
    return (
        f"{_capital(place.name)} is busy: {said}. Nothing was changed.",
        "Try again in a minute.",
    )


def _unreachable(place: Place, said: str) -> Said:
    check = "Check that its server runs" if place.file is None else "Check its disk"
    return (
        f"{_capital(place.name)} can’t be reached at {place.address}: {said}.",
        f"{check}, and {place.variable}.",
    )


def _crowded(place: Place, said: str) -> Said:
    return (
        f"{_capital(place.name)} at {place.address} accepts no more connections: {said}.",
        "End sessions that nothing needs, or raise the limit of its role or its server.",
    )


def _not_set_up(place: Place, _said: str) -> Said:
    is_ours = place.is_ops or place.key == Environment.DEVELOPMENT.value
    return (
        f"{_capital(place.name)} at {place.address} is not set up for this release.",
        "Run: flask portal setup" if is_ours else "See what to do with: flask databases status",
    )


_SAID: dict[Cause, Callable[[Place, str], Said]] = {
    Cause.FULL: _full,
    Cause.READ_ONLY: _read_only,
    Cause.NO_RIGHTS: _no_rights,
    Cause.DAMAGED: _damaged,
    Cause.MISSING: _missing,
    Cause.LOCKED: _locked,
    Cause.UNREACHABLE: _unreachable,
    Cause.CROWDED: _crowded,
    Cause.NOT_SET_UP: _not_set_up,
}


def _make_room(disk: Path) -> str:
    return f"Make room on {disk}: no restart is needed."


def _mount(disk: Path) -> str:
    return f"Mount {disk} for writing: no restart is needed."


def _rights(what: str) -> str:
    return f"Give that user the right to read and write {what}."


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
