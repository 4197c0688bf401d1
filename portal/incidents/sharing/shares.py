"""Database access for shares."""

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict
from portal.core.page import current_page
from portal.core.storage.database import db
from portal.incidents.models import ReportShare
from portal.incidents.sharing.open_matters import open_matters

#: Maximum number of reports in one statement.
_AT_ONCE = 500
_OPEN = select(ReportShare).where(ReportShare.ended_at.is_(None))
_OPEN_OF = _OPEN.where(ReportShare.slug == bindparam("slug"))


def open_share(slug: str) -> ReportShare | None:
    return db.session.scalar(_OPEN_OF, {"slug": slug})


def open_texts() -> dict[str, str]:
    """By slug the SHA-256 of the shared text."""
    return open_matters().shares


def open_shares(slugs: Collection[str]) -> list[ReportShare]:
    """The open shares of these reports, with the texts that were shared."""
    wanted = list(slugs)
    found: list[ReportShare] = []
    query = _OPEN.options(undefer(ReportShare.source))
    for at in range(0, len(wanted), _AT_ONCE):
        found += db.session.scalars(query.where(ReportShare.slug.in_(wanted[at : at + _AT_ONCE])))
    return found


def open_slugs() -> list[str]:
    """The slugs of the shared reports, by name."""
    query = select(ReportShare.slug).where(ReportShare.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(ReportShare.slug)))


def shares_of(slugs: Collection[str]) -> list[ReportShare]:
    """All shares of these reports, including ended ones."""
    wanted = sorted(slugs)
    parts = (wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE))
    queries = (select(ReportShare).where(ReportShare.slug.in_(part)) for part in parts)
    return [share for query in queries for share in db.session.scalars(query)]


def shares_on_page(slugs: Collection[str]) -> list[ReportShare]:
    """The same, asked once for a page: of what it has asked for already, not again."""
    page = current_page()
    if page is None:
        return shares_of(slugs)
    known: dict[str, list[ReportShare]] = page.answers.setdefault("shares by slug", {})
    missing = {each for each in slugs if each not in known}
    found = shares_of(missing)
    known.update({each: [] for each in missing})
    for share in found:
        known[share.slug].append(share)
    return [share for each in sorted(slugs) for share in known[each]]


def add_share(slug: str, *, sha256: str, source: str, people: int, by: Actor) -> ReportShare:
    """Share this text with clients; an earlier share ends. The caller has checked the text, and
    commits.

    Raises Conflict if somebody else shared at the same moment.
    """
    if earlier := _held(slug):
        _end(earlier, by=by)
    share = ReportShare(
        slug=slug, sha256=sha256, source=source, shared_by_id=by.id, shared_by=by.name
    )
    try:
        with db.session.begin_nested():
            db.session.add(share)
    except IntegrityError:
        raise Conflict(
            "Somebody else shared this report at the same moment.", remedy="Look at it again."
        ) from None
    details = {"sha256": sha256, "people": people, "replaces": earlier.sha256 if earlier else None}
    record("report.shared", share, by=by, target=f"incidents/{slug}", details=details)
    return share


def end_share(slug: str, *, by: Actor, reason: str | None = None) -> ReportShare | None:
    """End the open share, including one made concurrently; None if none is open. The caller
    commits.
    """
    share = _held(slug)
    if share is None:
        return None
    _end(share, by=by)
    details = {"sha256": share.sha256}
    target = f"incidents/{slug}"
    record("report.unshared", share, by=by, target=target, details=details, reason=reason)
    return share


def _held(slug: str) -> ReportShare | None:
    """The open share, locked until this transaction ends. After waiting for a lock the query finds
    that share ended, so it is repeated to find one that replaced it.
    """
    query = _OPEN.where(ReportShare.slug == slug).with_for_update()
    query = query.execution_options(populate_existing=True)
    return db.session.scalar(query) or db.session.scalar(query)


def _end(share: ReportShare, *, by: Actor) -> None:
    share.ended_at, share.ended_by_id, share.ended_by = now(), by.id, by.name
    db.session.flush()
