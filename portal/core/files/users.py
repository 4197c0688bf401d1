"""The two system users with PORTAL_GROUP: the worker's owns PORTAL_DATA, the sites' does not.

The sites are what strangers reach. What lets somebody change a database, open a backup or get into
the store is the worker's: a site that can read it does not start.
"""

import grp
import os
import pwd
from collections.abc import Mapping
from contextlib import suppress

from portal.core.configuration.settings import Settings
from portal.core.errors import SettingError

STORE_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
ADMIN_ENDING = "_ADMIN_URL"


def user_name(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def group_name(gid: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)


def require_site_user(settings: Settings, environ: Mapping[str, str] = os.environ) -> None:
    """For a process that serves pages. Raises SettingError if it has what is the worker's alone."""
    if settings.group is None:
        return
    data = settings.data
    if not data.exists():
        raise SettingError(
            f"There is no {data} (PORTAL_DATA). Set it up first, as the worker’s system user:"
            " flask portal setup"
        )
    owner = data.stat().st_uid
    if os.geteuid() in {owner, 0}:
        raise SettingError(
            f"PORTAL_GROUP is set, so a site runs as another system user than the worker:"
            f" {user_name(owner)} owns {data}, and this is {user_name(os.geteuid())}."
        )
    for name in _secrets_among(environ):
        raise SettingError(f"{name} is for the worker alone. Take it from the sites’ environment.")
    if _can_read(settings):
        raise SettingError(
            f"A site can read the backup key in {settings.backup_key_file}. It is the worker’s"
            f" alone: chmod 600 {settings.backup_key_file}"
        )


def require_worker_user(settings: Settings) -> None:
    """For the worker and the set-up. Raises SettingError for another user than the owner."""
    if settings.group is None:
        return
    owner = settings.data.stat().st_uid
    if os.geteuid() != owner:
        raise SettingError(
            f"This is for the worker’s system user, {user_name(owner)}, who owns {settings.data};"
            f" it runs as {user_name(os.geteuid())}."
        )


def _secrets_among(environ: Mapping[str, str]) -> list[str]:
    admin = [name for name in sorted(environ) if name.endswith(ADMIN_ENDING)]
    return [name for name in (*admin, *STORE_SECRETS) if environ.get(name)]


def _can_read(settings: Settings) -> bool:
    try:
        os.close(os.open(settings.backup_key_file, os.O_RDONLY))
    except OSError:
        return False
    return True
