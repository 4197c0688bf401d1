"""Tickets for slow previews, stored where each process of the site finds them.

A ticket is a file in `PORTAL_DATA/previews` with the request, and later one with the result. Both
are encrypted with a key that only the ticket's address contains, so that neither the disk nor a
copy of it reveals what was typed. A ticket is valid for the session that created it, for some
minutes.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISDIR
from typing import Any

from pyrage import DecryptError, decrypt, encrypt, x25519

from portal.core.errors import NotFound, Unavailable
from portal.core.files.private import write_whole

#: Seconds that a ticket is valid; limits of stored tickets, in number and bytes.
LIFE, MOST, MOST_BYTES = 900.0, 200, 64_000_000
#: Tolerance in seconds for a clock that was set back, or of another process that is behind.
CLOCKS = 60.0
#: Below PORTAL_DATA.
FOLDER = "previews"
_PREFIX = "AGE-SECRET-KEY-1"
_KEY = re.compile(r"[0-9A-Z]{40,80}")
GONE = "This preview has expired: it is kept for 15 minutes, for the person who asked for it."


@dataclass(frozen=True)
class Holder:
    """The owner of a ticket. No other account, and no other login of the same one, can open it."""

    account: int
    session: int


@dataclass(frozen=True)
class Ticket:
    """`key` is in its address; `asked` is the request, `since` its time in seconds since 1970."""

    folder: Path
    key: str
    asked: dict[str, Any]
    since: float

    @property
    def made(self) -> dict[str, Any] | None:
        return _opened(_file(self.folder, self.key, "made"), self.key)

    def put(self, made: dict[str, Any]) -> None:
        """Store the result. Raises OSError."""
        _write(_file(self.folder, self.key, "made"), made, self.key)

    @property
    def claimed(self) -> float:
        """When a process last claimed it, in seconds since 1970."""
        try:
            return _file(self.folder, self.key, "asked").stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def claim(self) -> None:
        os.utime(_file(self.folder, self.key, "asked"))


def new_ticket(folder: Path, asked: dict[str, Any], holder: Holder) -> Ticket:
    """Raises Unavailable if it can't be stored."""
    key, since = str(x25519.Identity.generate()).removeprefix(_PREFIX), time.time()
    said = {"asked": asked, "since": since, "holder": [holder.account, holder.session]}
    try:
        forget_old(folder)
        _write(_file(folder, key, "asked"), said, key)
    except OSError as error:
        why = error.strerror or "the system refuses"
        raise Unavailable(f"The preview can't be kept until it is made: {why}.") from error
    return Ticket(folder, key, asked, since)


def ticket_of(folder: Path, key: str, holder: Holder) -> Ticket:
    """Raises NotFound for a ticket that is missing, expired, or owned by another session."""
    said = _opened(_file(folder, key, "asked"), key) if _KEY.fullmatch(key) else None
    if said is None or said["holder"] != [holder.account, holder.session]:
        raise NotFound(GONE)
    if not -CLOCKS <= time.time() - said["since"] <= LIFE:
        raise NotFound(GONE)
    return Ticket(folder, key, said["asked"], said["since"])


def forget_old(folder: Path) -> None:
    """Delete expired tickets, those dated in the future, and the oldest beyond the limits. Entries
    that can't be removed, such as folders, are ignored.
    """
    size, now = 0, time.time()
    for at, (written, length, path) in enumerate(sorted(_kept(folder), reverse=True)):
        size += length
        is_of_now = -CLOCKS <= now - written <= LIFE
        if not is_of_now or at >= 2 * MOST or size > MOST_BYTES:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _kept(folder: Path) -> Iterator[tuple[float, int, Path]]:
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            with suppress(OSError):
                stat = path.lstat()
                if not S_ISDIR(stat.st_mode):
                    yield stat.st_mtime, stat.st_size, path


def _file(folder: Path, key: str, what: str) -> Path:
    return folder / f"{sha256(key.encode()).hexdigest()[:40]}.{what}"


def _write(path: Path, said: dict[str, Any], key: str) -> None:
    """Write atomically; it need not survive a crash of the machine."""
    sealed = encrypt(json.dumps(said).encode(), [_identity(key).to_public()])
    write_whole(path, sealed, durably=False)


def _opened(path: Path, key: str) -> dict[str, Any] | None:
    """None if the file is missing, damaged, or encrypted with another key."""
    try:
        return dict(json.loads(decrypt(path.read_bytes(), [_identity(key)])))
    except (OSError, ValueError, DecryptError):
        return None


def _identity(key: str) -> Any:
    return x25519.Identity.from_str(_PREFIX + key)
