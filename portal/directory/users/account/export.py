"""A person's own data as a ZIP archive: JSON, and the pictures of their studio.

It has nothing that opens the account (no hash, no token, no link) and nothing of other people but
the names on messages that the person got. Reviews and answers that others wrote are theirs.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase

from portal.core.clock import now
from portal.core.configuration.settings import settings
from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.claims.models import Claim
from portal.directory.models import (
    Review,
    ReviewResponse,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStudioType,
    User,
)
from portal.directory.owners.models import SiteMessage, StudioDetails, StudioHours
from portal.directory.reports.models import Report
from portal.directory.reviews.models import ReviewRecord
from portal.directory.reviews.rows import row_beside
from portal.directory.uploads.store import find_picture
from portal.directory.users.models import SiteAccount, SiteSession
from portal.directory.users.prepared import is_moderation_prepared
from portal.directory.visibility import IMAGE_NAME

USER = ("email", "username", "display_name", "avatar_url", "role", "email_verified")
ACCOUNT = ("password_set_at", "mail_ended_at", "deletion_due_at")
SESSION = ("created_at", "last_seen_at", "ended_at", "address", "user_agent")
TIMES = ("created_at", "updated_at")
REVIEW = ("rating", "content", "is_anonymous", "status", *TIMES)
DECISION = (
    *("submitted_at", "new_rating", "new_content", "new_is_anonymous"),
    *("decided_at", "refused_because"),
)
RECORD = ("studio_name", "rating", "content", "status", "written_at", "removed_at")
README = """Your data at {site}, as of {at:%d %B %Y, %H:%M} UTC.

account.json   your account: name, address, sessions
studio.json    your studio as you filled it in, also what is not shown in public
claims.json    the studios that you claimed, and what became of that
reviews.json   the reviews that you wrote, also what is not shown, and your answers to reviews
reports.json   the problems that you reported while you were logged in
messages.json  what visitors sent you, with the name each of them gave, and what you answered
pictures/      the pictures of your studio

Times are in UTC. Your password is not in here: the site does not know it, only a hash that it keeps
to itself. Reviews that others wrote about your studio are theirs; they are on its page.
"""


def export_of(user: User) -> bytes:
    """The archive. Raises Unavailable where the store of pictures does not answer."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README.format(site=settings().site_name, at=now()))
        for name, content in _files(user):
            archive.writestr(name, json.dumps(content, indent=2, ensure_ascii=False, default=_text))
        for name, picture in _pictures(user.id):
            archive.writestr(f"pictures/{name}", picture, ZIP_STORED)
    return file.getvalue()


def _files(user: User) -> Iterator[tuple[str, Any]]:
    account = db.session.get(SiteAccount, user.id)
    yield (
        "account.json",
        {
            **_named(user, (*USER, *TIMES)),
            **(_named(account, ACCOUNT) if account else {}),
            "sessions": [_named(row, SESSION) for row in _of(SiteSession, user.id)],
        },
    )
    yield "studio.json", _studio(user.id)
    yield "claims.json", _claims(user.id)
    yield "reports.json", _reports(user.id)
    yield "reviews.json", _reviews(user.id)
    inbox = ("sender_name", "body", "created_at", "read_at", "answered_at", "answer")
    yield "messages.json", [_named(row, inbox) for row in _of(SiteMessage, user.id)]


def _studio(user_id: int) -> dict[str, Any] | None:
    row = db.session.scalar(select(StudioProfile).where(StudioProfile.user_id == user_id))
    if row is None:
        return None
    details, images = db.session.get(StudioDetails, user_id), StudioImage.studio_id == row.id
    shown = ("image_url", "alt_text", "sort_order", *TIMES)
    return {
        **_all(row),
        **({**_all(details), "user_id": user_id} if details else {}),
        "hours": [_named(e, ("weekday", "opens", "closes")) for e in _of(StudioHours, user_id)],
        "services": [e.service for e in _where(StudioService, StudioService.studio_id == row.id)],
        "types": [
            e.studio_type for e in _where(StudioStudioType, StudioStudioType.studio_id == row.id)
        ],
        "pictures": [_named(each, shown) for each in _where(StudioImage, images)],
    }


def _claims(user_id: int) -> list[dict[str, Any]]:
    if not is_moderation_prepared():
        return []
    said = ("studio_number", "state", "message", "created_at", "decided_at", "because")
    return [_named(row, said) for row in _of(Claim, user_id)]


def _reports(user_id: int) -> list[dict[str, Any]]:
    """Without what staff noted for each other."""
    if not is_moderation_prepared():
        return []
    said = ("studio_number", "about", "about_number", "problem", "body", "email", "created_at")
    return [_named(row, said) for row in _of(Report, user_id)]


def _beside(review: Review) -> dict[str, Any]:
    """What became of the review."""
    own = row_beside(review) if is_moderation_prepared() else None
    return _named(own, DECISION) if own else {}


def _reviews(user_id: int) -> dict[str, Any]:
    has_moderation = is_moderation_prepared()
    about = {
        row.id: row.name
        for row in _where(
            StudioProfile,
            StudioProfile.id.in_(select(Review.studio_id).where(Review.reviewer_id == user_id)),
        )
    }
    return {
        "written": [
            {"studio": about.get(row.studio_id), **_named(row, REVIEW), **_beside(row)}
            for row in _where(Review, Review.reviewer_id == user_id)
        ],
        "of studios that were deleted": [
            _named(row, RECORD) for row in (_of(ReviewRecord, user_id) if has_moderation else [])
        ],
        "answers": [
            _named(row, ("content", *TIMES))
            for row in _where(ReviewResponse, ReviewResponse.author_id == user_id)
        ],
    }


def _pictures(user_id: int) -> Iterator[tuple[str, bytes]]:
    query = select(StudioImage.image_url).join(StudioProfile)
    query = query.where(StudioProfile.user_id == user_id)
    for address in dict.fromkeys(db.session.scalars(query.order_by(StudioImage.sort_order))):
        name = address.removeprefix("/images/")
        if IMAGE_NAME.fullmatch(name):
            with suppress(NotFound):
                yield name, find_picture(name).read_bytes()


def _of(model: type[Any], user_id: int) -> list[Any]:
    return _where(model, model.user_id == user_id)


def _where(model: type[Any], condition: Any) -> list[Any]:
    return list(
        db.session.scalars(select(model).where(condition).order_by(*model.__mapper__.primary_key))
    )


def _named(row: DeclarativeBase, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _all(row: DeclarativeBase) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__mapper__.column_attrs.keys()}  # noqa: SIM118 — no mapping


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
