"""Write the counts to the ops database."""

import hmac
import logging
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import PortalError
from portal.core.secrets import secret_key
from portal.core.storage.database import own_ops_transaction
from portal.directory.searches.counting import counts
from portal.directory.searches.models import FewResults, Kind

DAYS_UNTIL_CLEAR = 5
KEPT_DAYS = 90
log = logging.getLogger(__name__)


def write_counts(why_not: Callable[[], str | None] | None = None) -> None:
    """`why_not` returns why the directory is read-only: then nothing is written and the counts stay
    in memory, as they do while the ops database can't be written."""
    taken = counts.take()
    try:
        if why_not is None or why_not() is None:
            with own_ops_transaction() as session:
                for (day, kind, word), searches in taken.items():
                    _add(session, day, kind, word, searches)
                _forget_old(session)
            return
    except (SQLAlchemyError, PortalError):
        log.info("Searches with few results could not be written; they wait.", exc_info=True)
    counts.give_back(taken)


def digest_of(kind: Kind, word: str) -> str:
    """Keyed, so that words cannot be tested against it without this room's secret key."""
    key = f"few results {secret_key(settings())}".encode()
    return hmac.new(key, f"{kind.value} {word}".encode(), "sha256").hexdigest()


def _add(session: Session, day: date, kind: Kind, word: str, searches: int) -> None:
    digest = digest_of(kind, word)
    found = session.scalar(
        update(FewResults)
        .where(FewResults.day == day, FewResults.kind == kind, FewResults.digest == digest)
        .values(searches=FewResults.searches + searches)
        .returning(FewResults.searches)
    )
    if found is None:
        session.add(FewResults(day=day, kind=kind, digest=digest, searches=searches))
        session.flush()
    days = session.scalar(
        select(func.count()).where(FewResults.digest == digest, FewResults.kind == kind)
    )
    if (days or 0) >= DAYS_UNTIL_CLEAR:
        session.execute(
            update(FewResults)
            .where(FewResults.digest == digest, FewResults.word.is_(None))
            .values(word=word)
        )


def _forget_old(session: Session) -> None:
    oldest = now().date() - timedelta(days=KEPT_DAYS)
    session.execute(delete(FewResults).where(FewResults.day < oldest))
