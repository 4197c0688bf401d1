"""Checks that the locations in a process's settings do not overlap, to protect their files.

Only names are compared, when a process starts; the content of a location is checked before
something is written there (`databases.ops_place`, `databases.store_place`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from portal.core.errors import SettingError

KEPT = (
    *("scratch", "backups", "documents", "images", "cache", "logs", "mail", "previews"),
    "imports",
)
"""Folders in PORTAL_DATA whose files are created and deleted automatically."""
FILES = (
    "jobs.sqlite3",
    "secret-key",
    "worker.lock",
    "run.lock",
    "demo-accounts.json",
    "odd-rows.json",
)
"""Files in PORTAL_DATA that are not databases with an address."""
BESIDE = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite creates next to a database."""


def require_apart(
    addresses: Mapping[str, URL],
    *,
    data: Path,
    key_file: Path,
    store: Path | None,
    pictures: Path | None,
    mail: Path | None,
) -> None:
    """Raises SettingError, naming the variable, if two locations overlap.

    `addresses`: of databases, by their variables; `store`, `pictures` and `mail`: the folders in
    BACKUP_URL, STORAGE_URL and MAIL_URL.
    """
    files = {name: file for name, url in addresses.items() if (file := _file(url))}
    for variable, file in files.items():
        for folder, words in _folders(data, store, pictures, mail):
            if file.is_relative_to(folder):
                raise SettingError(f"{variable} leads into {words}, whose files come and go.")
        _require_no_other_file(variable, file, files, data=data, key_file=key_file)
    if store and key_file.is_relative_to(store):
        raise SettingError(
            "BACKUP_KEY_FILE is in the folder of BACKUP_URL: anyone who finds the copies there"
            " could decrypt them."
        )


def _require_no_other_file(
    variable: str, file: Path, files: Mapping[str, Path], *, data: Path, key_file: Path
) -> None:
    own = {(data / name).resolve(): f"{name} in PORTAL_DATA" for name in FILES}
    own[key_file] = "the file of BACKUP_KEY_FILE"
    for name, each in files.items():
        for ending in BESIDE:
            own[each.with_name(each.name + ending)] = f"a part of {name}"
    if file in own:
        raise SettingError(f"{variable} leads to {own[file]}, which is no database of its own.")


def _folders(
    data: Path, store: Path | None, pictures: Path | None, mail: Path | None
) -> Iterator[tuple[Path, str]]:
    for name in KEPT:
        yield (data / name).resolve(), f"the folder {name} of PORTAL_DATA"
    if store:
        yield store, "the folder of BACKUP_URL"
    if pictures:
        yield pictures, "the folder of STORAGE_URL"
    if mail:
        yield mail, "the folder of MAIL_URL"


def _file(url: URL) -> Path | None:
    """The path as normalised by `settings`: absolute, symlinks resolved."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database.removeprefix("file:")).resolve()
