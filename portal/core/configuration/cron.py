"""Cron expressions in the settings: five fields, in UTC."""

from datetime import datetime

from cronsim import CronSim, CronSimError

from portal.core.clock import now
from portal.core.errors import SettingError


def cron_setting(name: str, text: str) -> str | None:
    """The expression, validated; None if it is empty. Raises SettingError."""
    expression = " ".join(text.split())
    if not expression:
        return None
    try:
        next(CronSim(expression, now()))
    except (CronSimError, StopIteration):
        raise SettingError(
            f"{name} is “{expression}”, which is no cron expression; daily at three is “0 3 * * *”."
        ) from None
    return expression


def newest_slot(expression: str, at: datetime) -> datetime:
    """The last minute that matches the expression, at or before this time."""
    return next(CronSim(expression, at.replace(second=1), reverse=True))


def next_slot(expression: str, after: datetime) -> datetime:
    return next(CronSim(expression, after))
