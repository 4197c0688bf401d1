"""Sends what waits in a directory. What goes wrong with one email ends none of the others.

A row of the directory is deleted after its delivery is settled in ops: a process that dies in
between leaves one that is found again, and not sent again.
"""

import logging
import time
from collections.abc import Callable, Sequence

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import Invalid
from portal.databases.targets.config import Target
from portal.databases.targets.registry import is_demo
from portal.directory.unattended.letters import StoredLetter, delete_letters, read_letters
from portal.emails.delivery.sending import OUTCOMES, AttemptResult
from portal.emails.delivery.transport import NotDelivered, Transport, transport_for
from portal.emails.models import AttemptOutcome
from portal.emails.site_letters.composing import compose, site_of
from portal.emails.site_letters.parts import Site
from portal.emails.site_letters.sendings import (
    EXPIRED,
    claim_letter,
    conclude_letter,
    end_unsent,
    note_letters,
    standing_of,
)
from portal.jobs.operations.recovery import read_and_release

AT_ONCE = 50
LIMIT = 60.0
"""Seconds after which the rest waits for the next round, which looks at all directories again."""

log = logging.getLogger(__name__)


def send_letters(target: Target, uuids: Sequence[str], *, may_go_on: Callable[[], bool]) -> int:
    """How many were sent. Raises Refused for a database that is not the registered one."""
    with read_and_release():
        transport, site = transport_for(settings().mail, is_demo=is_demo()), site_of(target)
    end, sent = time.monotonic() + LIMIT, 0
    for begin in range(0, len(uuids), AT_ONCE):
        found = read_letters(target, uuids[begin : begin + AT_ONCE])
        note_letters(found)
        for letter in found:
            if not may_go_on() or time.monotonic() > end:
                return sent
            sent += send_letter(letter, site, transport)
    return sent


def send_letter(letter: StoredLetter, site: Site, transport: Transport) -> bool:
    """Whether it was sent. Whatever goes wrong is recorded."""
    if letter.expires_at <= now():
        end_unsent(letter.uuid, EXPIRED)
        return False
    number = claim_letter(letter.uuid)
    if number is None:
        return False
    ending = _deliver(letter, site, transport)
    conclude_letter(letter.uuid, number, ending, expires_at=letter.expires_at)
    return ending.outcome is AttemptOutcome.SENT


def clear_settled(target: Target, uuids: Sequence[str]) -> bool:
    """Delete the rows of those that are settled; False while nothing may be written there."""
    settled = standing_of(uuids, is_busy=True).settled
    return not settled or delete_letters(target, settled)


def _deliver(letter: StoredLetter, site: Site, transport: Transport) -> AttemptResult:
    try:
        return AttemptResult(
            AttemptOutcome.SENT, transport.deliver(compose(letter, site, at=now()))
        )
    except Invalid as error:
        return AttemptResult(AttemptOutcome.REFUSED, error.sentence)
    except NotDelivered as error:
        return AttemptResult(OUTCOMES[type(error)], error.answer)
    except Exception as error:
        kind = type(error).__name__  # its message may quote the email
        log.error("Email %s of a site could not be sent: %s", letter.uuid, kind)
        return AttemptResult(AttemptOutcome.UNKNOWN, f"An unexpected error ({kind}).")
