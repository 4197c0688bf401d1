"""Studios for tests of the public pages: listed and complete unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from typing import Any

from portal.core.storage.database import db
from portal.directory.models import (
    Review,
    ReviewResponse,
    ReviewStatus,
    Service,
    StudioImage,
    StudioProfile,
    StudioService,
    StudioStatus,
    StudioStudioType,
    StudioType,
    User,
)
from portal.directory.visibility import slug_of

FOUNDED = datetime(2024, 5, 1, 12, tzinfo=UTC)
LONDON, BRISTOL, ZURICH = (51.5074, -0.1278), (51.4545, -2.5879), (47.3769, 8.5417)
PICTURE = "/images/" + "ab" * 16 + ".webp"
count = 0


def make_user(name: str = "Ben Hargreaves") -> User:
    global count  # noqa: PLW0603 - emails and usernames must differ
    count += 1
    user = User(
        email=f"person{count}@example.com",
        username=f"person{count}",
        display_name=name,
        password_hash="x",
    )
    db.session.add(user)
    db.session.flush()
    return user


def make_studio(
    name: str = "Quiet Corner",
    *,
    at: tuple[float, float] | None = LONDON,
    types: tuple[StudioType, ...] = (),
    services: tuple[Service, ...] = (),
    ratings: tuple[int, ...] = (),
    pictures: tuple[str, ...] = (),
    age: int = 0,
    **changes: Any,
) -> StudioProfile:
    """`age` is how many days after the others it was made; commits."""
    values: dict[str, Any] = {
        "city": "London",
        "status": StudioStatus.ACTIVE,
        "is_profile_visible": True,
        "latitude": at[0] if at else None,
        "longitude": at[1] if at else None,
        "created_at": FOUNDED + timedelta(days=age),
    }
    studio = StudioProfile(user=make_user(), name=name, **{**values, **changes})
    studio.types = [StudioStudioType(studio_type=kind) for kind in types]
    studio.services = [StudioService(service=service) for service in services]
    studio.images = [StudioImage(image_url=url, alt_text="The booth") for url in pictures]
    db.session.add(studio)
    db.session.flush()
    for rating in ratings:
        make_review(studio, rating=rating)
    db.session.commit()
    return studio


def make_review(
    studio: StudioProfile,
    content: str = "A calm session.",
    *,
    by: str = "Nora Reviewer",
    rating: int = 5,
    status: ReviewStatus = ReviewStatus.APPROVED,
    is_anonymous: bool = False,
    response: str | None = None,
) -> Review:
    review = Review(
        studio=studio,
        reviewer=make_user(by),
        owner_id=studio.user_id,
        rating=rating,
        content=content,
        status=status,
        is_anonymous=is_anonymous,
    )
    if response:
        review.response = ReviewResponse(author_id=studio.user_id, content=response)
    db.session.add(review)
    db.session.commit()
    return review


def address_of(studio: StudioProfile) -> str:
    return f"/studios/{slug_of(studio.name, studio.id)}"
