"""Studios of each kind, each of which another filter finds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core.storage.database import changing_directory, db
from portal.databases.engines import engine_for
from portal.databases.targets.config import Target
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.claims.placeholders import new_placeholder
from portal.directory.derived.filling import fill_some
from portal.directory.models import (
    Review,
    ReviewStatus,
    Role,
    StudioImage,
    StudioProfile,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from portal.directory.owners.models import StudioDetails
from portal.directory.owners.own import FLAGS
from portal.directory.users.models import SiteAccount

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
CITIES = ("Leeds", "Köln", "Łódź", "", "Leeds")
NAMES = ("Quiet Room", "Attic Sound", "Zebra Voices", "Harbour Booth", "Ümlaut Ton")


def make_all(count: int = 30) -> list[int]:
    """Numbers by their place: every second is listed, every third verified and so on."""
    with changing_directory():
        rows = [_studio(at) for at in range(count)]
        db.session.flush()
        for at, row in enumerate(rows):
            _beside(at, row)
        return [each.id for each in rows]


def _studio(at: int) -> StudioProfile:
    user = new_placeholder(f"Imported {at}") if at % 7 == 6 else _user(at)
    statuses = (
        StudioStatus.ACTIVE,
        StudioStatus.DRAFT,
        StudioStatus.PENDING,
        StudioStatus.INACTIVE,
    )
    values: dict[str, Any] = dict.fromkeys(FLAGS, False) | {
        "name": f"{NAMES[at % 5]} {at % 11}",
        "short_about": "A room.",
        "city": CITIES[at % 5] or None,
        "status": StudioStatus.ACTIVE if at % 2 == 0 else statuses[at // 2 % 4],
        "is_profile_visible": at % 2 == 0,
        "is_verified": at % 3 == 0,
        "is_featured": at % 5 == 0,
        "is_premium": at % 10 == 1,
        "website_url": f"https://www.host{at % 4}.example/about" if at % 3 else None,
        "created_at": NOON + timedelta(days=at * 37 % 100),
        "updated_at": NOON + timedelta(days=at * 53 % 400),
    }
    studio = StudioProfile(user=user, **values)
    if at % 4:
        studio.types = [StudioStudioType(studio_type=list(StudioType)[at % 6])]
    if at % 3 == 1:
        studio.images = [StudioImage(image_url=f"/images/{at:032x}.webp")]
    db.session.add(studio)
    return studio


def _user(at: int) -> User:
    return User(
        email=f"owner{at}@example.com", username=f"owner{at}", display_name=f"Owner {at}",
        password_hash="-", role=Role.OWNER, email_verified=True,
    )  # fmt: skip


def _beside(at: int, row: StudioProfile) -> None:
    if at % 7 == 6:
        db.session.add(
            Origin(
                user_id=row.user_id, studio_number=row.id, key=f"key {at}", fingerprint="-",
                email=f"desk{at}@studio.example",
            )
        )  # fmt: skip
    if at % 8 == 7:
        db.session.add(StudioDetails(user_id=row.user_id, hidden_at=NOON))
    if at % 9 == 4:
        db.session.add(SiteAccount(user_id=row.user_id, deletion_due_at=NOON))
    if at in {10, 16}:
        ended = {"deleted_at" if at == 10 else "hidden_at": NOON}
        db.session.add(StudioRestriction(user_id=row.user_id, former={}, **ended))
    for stars in range(at % 4):
        status = ReviewStatus.PENDING if at % 8 == 3 else ReviewStatus.APPROVED
        db.session.add(
            Review(
                studio_id=row.id, reviewer_id=row.user_id, owner_id=row.user_id, content="Good.",
                rating=1 + (at + stars) % 5, status=status,
            )
        )  # fmt: skip


def fill(target: Target) -> None:
    """As the worker does."""
    db.session.rollback()
    is_left = True
    while is_left:
        with engine_for(target.url).changing() as connection:
            is_left = fill_some(connection)
