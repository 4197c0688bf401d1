"""BACKUP_KEEP: how many backups of each period are kept, such as `daily=7 weekly=4 monthly=12`."""

import re
from dataclasses import dataclass

from portal.core.errors import SettingError

DEFAULT = "daily=7 weekly=4 monthly=12"


@dataclass(frozen=True)
class RetentionRule:
    """The newest backup of each of the last n days, weeks and months that have one."""

    daily: int
    weekly: int
    monthly: int


def keep_setting(text: str) -> RetentionRule:
    """Raises SettingError."""
    found = re.fullmatch(r"daily=(\d{1,4}) weekly=(\d{1,4}) monthly=(\d{1,4})", text or DEFAULT)
    if found is None:
        raise SettingError(f"BACKUP_KEEP is “{text}”; it must look like “{DEFAULT}”.")
    keep = RetentionRule(*map(int, found.groups()))
    if not keep.daily:
        raise SettingError("BACKUP_KEEP must keep at least one day.")
    return keep
