"""The control room's home page: what visitors get, what waits for the reader, what is wrong, both
directories, and recent activity.

Its parts read what pages may read, and change nothing. Start with `page`.
"""

from portal.control.home.alerts.sources import alerts
from portal.control.home.directories import directory_statuses

__all__ = ["alerts", "directory_statuses"]
