"""What features want looked after each second while a worker lives."""

import logging
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from portal.core.storage.database import db

Tick = Callable[[], None]

_ticks: list[Tick] = []

log = logging.getLogger(__name__)


def every_tick(do: Tick) -> Tick:
    """Register what the worker calls about once a second, from its start on.

    It must be quick, commit what it writes, and hold no lock on the ops database afterwards.
    """
    _ticks.append(do)
    return do


def run_ticks() -> None:
    """Call each. Trouble of one is no reason to end, nor to leave the others out."""
    for do in _ticks:
        try:
            do()
        except OperationalError as error:
            log.warning("The control room's database does not answer: %s", error.orig)
        except Exception:
            log.exception("The worker could not %s", do.__name__.replace("_", " "))
        finally:
            db.session.rollback()
