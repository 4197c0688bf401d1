"""Ends again what was ended since a backup: deleted accounts, blocks, wishes, passwords.

The same a second time. Only what changed something is counted.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, insert, select, update

from portal.databases.engines.sharing import has_table
from portal.directory.restored.people import Ending, present, uncertain, users
from portal.directory.restored.removal import remove_users
from portal.directory.reviews.records import keep_reviews
from portal.directory.users.ended import EndedKind
from portal.directory.users.models import SiteAccount, SiteSession

LOGINS = SiteSession.__tablename__
accounts = cast(Table, SiteAccount.__table__)
COLUMNS = {EndedKind.BLOCKED: "blocked_at", EndedKind.MAIL_ENDED: "mail_ended_at"}
WORDS = {
    EndedKind.DELETED: ("deletion", "deletions"),
    EndedKind.BLOCKED: ("block", "blocks"),
    EndedKind.MAIL_ENDED: ("end of mails", "ends of mails"),
    EndedKind.PASSWORD_CHANGED: ("password change", "password changes"),
}


def end_again(connection: Connection, endings: list[Ending]) -> tuple[list[str], list[str]]:
    """What was ended again, and what could not be; a sentence each."""
    doubtful = uncertain(connection, endings)
    counts = dict.fromkeys(EndedKind, 0)
    found = present(connection, endings)
    gone = {each.user_id for each in found if each.kind is EndedKind.DELETED}
    keep_reviews(connection, gone)
    counts[EndedKind.DELETED] = remove_users(connection, gone)
    left = [each for each in found if each.user_id not in gone]
    counts[EndedKind.PASSWORD_CHANGED] = _set_passwords(connection, left)
    has_accounts = has_table(connection, accounts.name)
    for kind in COLUMNS if has_accounts else ():
        counts[kind] = _mark(connection, kind, left)
    lacking = {kind: 0 if has_accounts else len(_people(left, kind)) for kind in COLUMNS}
    return _applied(counts), _missing(lacking, doubtful)


def _set_passwords(connection: Connection, endings: list[Ending]) -> int:
    """The newest of each person."""
    newest = {
        each.user_id: each
        for each in endings
        if each.kind is EndedKind.PASSWORD_CHANGED and each.password_hash
    }
    changed = 0
    for number, each in newest.items():
        is_other = users.c.id == number, users.c.password_hash != each.password_hash
        values = {"password_hash": each.password_hash}
        if connection.execute(update(users).where(*is_other).values(values)).rowcount:
            changed += 1
            _note(connection, number, "password_set_at", each.at)
    return changed


def _mark(connection: Connection, kind: EndedKind, endings: list[Ending]) -> int:
    column, changed = COLUMNS[kind], 0
    for number, at in _people(endings, kind).items():
        query = select(accounts.c[column]).where(accounts.c.user_id == number)
        if connection.scalar(query) is None:
            _note(connection, number, column, at)
            changed += 1
    return changed


def _note(connection: Connection, user_id: int, column: str, at: datetime) -> None:
    if not has_table(connection, accounts.name):
        return
    whose = accounts.c.user_id == user_id
    if not connection.execute(update(accounts).where(whose).values({column: at})).rowcount:
        connection.execute(insert(accounts).values({"user_id": user_id, column: at}))


def _people(endings: Iterable[Ending], kind: EndedKind) -> dict[int, datetime]:
    return {each.user_id: each.at for each in endings if each.kind is kind}


def _applied(counts: dict[EndedKind, int]) -> list[str]:
    named = [counted(number, kind) for kind, number in counts.items() if number]
    if not named:
        return []
    were = "was" if sum(counts.values()) == 1 else "were"
    return [f"{_listed(named)} since the backup {were} applied again."]


def _missing(lacking: dict[EndedKind, int], doubtful: list[Ending]) -> list[str]:
    named = [counted(number, kind) for kind, number in lacking.items() if number]
    sentences = []
    if named:
        sentences.append(
            f"{_listed(named)} could not be applied: the database of this backup has no table for"
            " it. Apply it by hand after the next change."
        )
    if doubtful:
        numbers = ", ".join(sorted({str(each.user_id) for each in doubtful}))
        sentences.append(
            f"{len(doubtful)} of what was ended could not be applied, since it may be about"
            f" somebody else: look at user {numbers}."
        )
    return sentences


def counted(number: int, kind: EndedKind) -> str:
    one, several = WORDS[kind]
    return f"{number} {one if number == 1 else several}"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
