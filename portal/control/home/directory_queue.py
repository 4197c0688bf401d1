"""What waits for admins in the directory that this site serves, counted to 100."""

from collections.abc import Iterator, Sequence

from flask import url_for

from portal.accounts.models import Account, Role
from portal.control.home.directories import DirectoryStatus
from portal.control.home.waiting import Waiting


def directory_waits(reader: Account, seen: Sequence[DirectoryStatus]) -> Iterator[Waiting]:
    """Nothing for others than admins, before the tables are there, and where the directory does
    not answer: home says that elsewhere."""
    for each in seen if reader.role is Role.ADMIN else ():
        counts = each.waiting
        if counts is None or not counts.in_words or not each.is_served:
            continue
        said = f"{counts.in_words} in the directory of {each.target.name}."
        if counts.items:
            yield Waiting(said, "Open the queue", url_for("staff.show_queue"))
        else:
            yield Waiting(said, "Look at claims", url_for("staff.list_claims"))
