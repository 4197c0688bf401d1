"""Periodic functions that features register with the worker, called about once a second."""

import logging
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from portal.core.storage.database import db

Tick = Callable[[], None]

_ticks: list[Tick] = []

log = logging.getLogger(__name__)


def every_tick(do: Tick) -> Tick:
    """Register a function that the worker calls about once a second, from its start.

    It must be quick, commit what it writes, and hold no lock on the ops database afterwards.
    """
    _ticks.append(do)
    return do


def run_ticks() -> None:
    """Call each one. An error of one neither ends the worker nor skips the others."""
    for do in _ticks:
        try:
            do()
        except OperationalError as error:
            log.warning("The control room's database does not answer: %s", error.orig)
        except Exception:
            log.exception("The worker could not %s", do.__name__.replace("_", " "))
        finally:
            db.session.rollback()
