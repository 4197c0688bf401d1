"""PORTAL_DATA at the start of each process: closed to others, and open to the product’s own users.

By default one system user runs everything: files have mode 0600 and folders 0700. With PORTAL_GROUP
there are two in that group, the worker's, who owns the folder, and the sites': 0660 and 2770.
"""

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from portal.core.configuration.separate_places import FILES, KEPT
from portal.core.configuration.settings import Settings, sqlite_path
from portal.core.errors import SettingError
from portal.core.files.private import OWN_FOLDER, SHARED_FOLDER, is_shared, narrow
from portal.core.files.users import group_name, user_name

GUIDE = "docs/operator.md, “One system user, or two”, has the commands."
DATABASES = ("ops.sqlite3", "development.sqlite3", "production.sqlite3")
MOMENT = 0.1
ALONE = frozenset({"scratch"})
"""What the worker alone uses, in a shared folder too."""


def prepare_data_folder(settings: Settings) -> None:
    """Create the folder, or narrow its rights. Raises SettingError where they can't be right."""
    data, group = settings.data, settings.group
    if not data.exists():
        _create(data, group)
    if not data.is_dir():
        raise SettingError(f"PORTAL_DATA is {data}, which is no folder.")
    if group is None:
        _require_own(data)
    _require_closed(data, group)
    if group is not None:
        _require_for_both(settings, group)
    narrow_files(settings)


def narrow_files(settings: Settings, *, deep: bool = False) -> int:
    """Take away what others may do with this user's files there; returns how many it were.

    Without `deep`, of what is in the folder itself: nothing below a closed folder can be reached.
    """
    count = 0
    for folder, folders, files in os.walk(settings.data):
        for name in (*files, *folders):
            path = Path(folder, name)
            is_key = path == settings.backup_key_file
            count += narrow(path, 0o077 if is_key or settings.group is None else 0o007)
        if not deep:
            break
    return count


def unshared(settings: Settings) -> Iterator[Path]:
    """With PORTAL_GROUP, what belongs to both users, and one of them can't use."""
    if settings.group is None:
        return
    for path in _known(settings):
        try:
            facts = path.lstat()
        except FileNotFoundError:
            continue
        if not _is_for_group(facts, settings.group):
            yield path


def _create(data: Path, group: int | None) -> None:
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        data.mkdir(mode=OWN_FOLDER)
        if group is not None:
            os.chown(data, -1, group)
            data.chmod(SHARED_FOLDER)
    except FileExistsError:
        return
    except OSError as error:
        raise SettingError(f"PORTAL_DATA can't be created at {data}: {error.strerror}.") from None


def _require_closed(data: Path, group: int | None) -> None:
    """A wider folder of the product's own is narrowed; somebody else's is not touched."""
    facts = data.stat()
    allowed = 0o700 if group is None else 0o770
    if not facts.st_mode & 0o777 & ~allowed:
        return
    if facts.st_mode & stat.S_ISVTX or not _is_own(data) or not narrow(data, 0o777 & ~allowed):
        mode = f"{allowed | (stat.S_ISGID if group is not None else 0):o}"
        raise SettingError(
            f"PORTAL_DATA is {data}, which other users of this machine can get into. Choose a"
            f" folder of its own, or close it: chmod {mode} {data}"
        )


def _is_own(data: Path) -> bool:
    """Whether it is empty, or something in it was made here."""
    try:
        names = {each.name for each in data.iterdir()}
    except OSError:
        return False
    return not names or bool(names & {*FILES, *KEPT, *DATABASES, "backup-key"})


def _require_own(data: Path) -> None:
    """Root may do everything; any other user needs the folder to be its own."""
    owner = data.stat().st_uid
    if os.geteuid() not in {owner, 0}:
        raise SettingError(
            f"PORTAL_DATA is {data}, which belongs to the system user {user_name(owner)}, and this"
            f" runs as {user_name(os.geteuid())}. Run it as that user; two users need PORTAL_GROUP."
        )


def _require_for_both(settings: Settings, group: int) -> None:
    for variable, folder in _shared_folders(settings):
        if folder.stat().st_gid != group or not is_shared(folder):
            raise SettingError(
                f"PORTAL_GROUP is {group_name(group)}, and {folder} ({variable}) is no folder of"
                f" that group with mode 2770. {GUIDE}"
            )
    if next(unshared(settings), None):
        time.sleep(MOMENT)  # another process may be creating it
    if path := next(unshared(settings), None):
        raise SettingError(
            f"PORTAL_GROUP is {group_name(group)}, and its users can’t both use {path}. {GUIDE}"
        )


def _shared_folders(settings: Settings) -> Iterator[tuple[str, Path]]:
    """Where both write: SQLite makes files beside a database, as the user that comes first."""
    yield "PORTAL_DATA", settings.data
    for variable, url in settings.addresses.items():
        file = sqlite_path(url)
        if file and file.parent != settings.data and file.parent.is_dir():
            yield variable, file.parent


def _known(settings: Settings) -> Iterator[Path]:
    """What the product itself keeps there; anything else is not its business."""
    yield from (settings.data / name for name in (*FILES, *KEPT) if name not in ALONE)
    for url in settings.addresses.values():
        if file := sqlite_path(url):
            yield from (file, file.with_name(f"{file.name}-leases"))


def _is_for_group(facts: os.stat_result, group: int) -> bool:
    if stat.S_ISLNK(facts.st_mode):
        return True
    needed = SHARED_FOLDER & ~0o700 if stat.S_ISDIR(facts.st_mode) else 0o060
    return facts.st_gid == group and facts.st_mode & needed == needed
