"""The directory after its consolidation: people, studio profiles and related tables."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.clock import now
from portal.core.storage.database import DirectoryModel, UtcDateTime, word


class Role(StrEnum):
    ADMIN = "admin"
    OWNER = "owner"
    REVIEWER = "reviewer"


class StudioStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    INACTIVE = "inactive"
    PENDING = "pending"


class VerificationLevel(StrEnum):
    NONE = "none"
    BASIC = "basic"
    FULL = "full"


class Service(StrEnum):
    ISDN = "ISDN"
    SOURCE_CONNECT = "Source-Connect"
    SOURCE_CONNECT_NOW = "Source-Connect Now"
    CLEANFEED = "Cleanfeed"
    SESSION_LINK_PRO = "Session Link Pro"
    ZOOM = "Zoom"
    SKYPE = "Skype"
    TEAMS = "Teams"


class StudioType(StrEnum):
    HOME = "home"
    RECORDING = "recording"
    PODCAST = "podcast"
    VOICE_OVER_COACH = "voice-over coach"
    AUDIO_PRODUCER = "audio producer"
    VOICE_OVER = "voice-over"


class ReviewStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


# The meaning of `connection1` to `connection12` of a studio profile, in this order.
CONNECTIONS = (
    "Source-Connect",
    "Source-Connect Now",
    "Phone patch",
    "Session Link Pro",
    "Zoom",
    "Teams",
    "Skype",
    "Cleanfeed",
    "Riverside",
    "ipDTL",
    "SquadCast",
    "ISDN",
)


Flag = Annotated[bool, mapped_column(default=False, server_default=false())]
Prose = Annotated[str, mapped_column(Text)]
Url = Annotated[str, mapped_column(String(500))]
Line = Annotated[str, mapped_column(String(200))]
Name = Annotated[str, mapped_column(String(120))]
Summary = Annotated[str, mapped_column(String(300))]
StudioId = Annotated[
    int, mapped_column(ForeignKey("studio_profiles.id", ondelete="CASCADE"), index=True)
]
UserId = Annotated[int, mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)]

NEVER_GIVEN_TWICE = {"sqlite_autoincrement": True}


class Row(DirectoryModel):
    """An id that is never reused, and two timestamps."""

    __abstract__ = True
    __table_args__: Any = NEVER_GIVEN_TWICE

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=now, server_default=func.now(), sort_order=90
    )
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=now, onupdate=now, server_default=func.now(), sort_order=91
    )


class User(Row):
    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    display_name: Mapped[Name]
    avatar_url: Mapped[Url | None]
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(
        word(Role), default=Role.OWNER, server_default=Role.OWNER.value
    )
    email_verified: Mapped[Flag]

    studio: Mapped["StudioProfile | None"] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class StudioProfile(Row):
    """A person's profile and studio in one row. A hidden draft until its owner publishes it."""

    __tablename__ = "studio_profiles"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), unique=True, index=True
    )
    name: Mapped[Line]
    description: Mapped[Prose | None]
    full_address: Mapped[Summary | None]
    abbreviated_address: Mapped[Line | None]
    city: Mapped[Name | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    website_url: Mapped[Url | None]
    phone: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[StudioStatus] = mapped_column(
        word(StudioStatus), default=StudioStatus.DRAFT, server_default=StudioStatus.DRAFT.value
    )
    is_premium: Mapped[Flag]
    is_verified: Mapped[Flag]
    is_profile_visible: Mapped[Flag]

    last_name: Mapped[Name | None]
    about: Mapped[Prose | None]
    short_about: Mapped[Summary | None]
    location: Mapped[Line | None]
    # Whole pounds for 15, 30 and 60 minutes.
    rate_tier_1: Mapped[int | None]
    rate_tier_2: Mapped[int | None]
    rate_tier_3: Mapped[int | None]
    show_rates: Mapped[Flag]
    facebook_url: Mapped[Url | None]
    x_url: Mapped[Url | None]
    linkedin_url: Mapped[Url | None]
    instagram_url: Mapped[Url | None]
    youtube_url: Mapped[Url | None]
    vimeo_url: Mapped[Url | None]
    soundcloud_url: Mapped[Url | None]
    connection1: Mapped[Flag]
    connection2: Mapped[Flag]
    connection3: Mapped[Flag]
    connection4: Mapped[Flag]
    connection5: Mapped[Flag]
    connection6: Mapped[Flag]
    connection7: Mapped[Flag]
    connection8: Mapped[Flag]
    connection9: Mapped[Flag]
    connection10: Mapped[Flag]
    connection11: Mapped[Flag]
    connection12: Mapped[Flag]
    custom_connection_methods: Mapped[Prose | None]
    home_studio_description: Mapped[Prose | None]
    # One piece of equipment, or one service, per line.
    equipment_list: Mapped[Prose | None]
    services_offered: Mapped[Prose | None]
    is_crb_checked: Mapped[Flag]
    is_featured: Mapped[Flag]
    is_spotlight: Mapped[Flag]
    verification_level: Mapped[VerificationLevel] = mapped_column(
        word(VerificationLevel),
        default=VerificationLevel.NONE,
        server_default=VerificationLevel.NONE.value,
    )
    show_email: Mapped[Flag]
    show_phone: Mapped[Flag]
    show_address: Mapped[Flag]
    show_directions: Mapped[Flag]
    use_coordinates_for_map: Mapped[Flag]

    user: Mapped[User] = relationship(back_populates="studio")
    images: Mapped[list["StudioImage"]] = relationship(
        back_populates="studio",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="StudioImage.sort_order, StudioImage.id",
    )
    services: Mapped[list["StudioService"]] = relationship(
        back_populates="studio", cascade="all, delete-orphan", passive_deletes=True
    )
    types: Mapped[list["StudioStudioType"]] = relationship(
        back_populates="studio", cascade="all, delete-orphan", passive_deletes=True
    )
    reviews: Mapped[list["Review"]] = relationship(
        back_populates="studio", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def is_listed(self) -> bool:
        return is_listed_row(self)


def is_listed_row(row: Any) -> bool:
    """Whether visitors see a studio; in SQL: `portal.directory.visibility.is_listed`."""
    return bool(row.status == StudioStatus.ACTIVE and row.is_profile_visible)


class StudioImage(Row):
    __tablename__ = "studio_images"

    studio_id: Mapped[StudioId]
    image_url: Mapped[Url]
    alt_text: Mapped[Summary | None]
    sort_order: Mapped[int] = mapped_column(default=0, server_default="0")

    studio: Mapped[StudioProfile] = relationship(back_populates="images")


class StudioService(Row):
    __tablename__ = "studio_services"
    __table_args__ = (UniqueConstraint("studio_id", "service"), NEVER_GIVEN_TWICE)

    studio_id: Mapped[int] = mapped_column(ForeignKey("studio_profiles.id", ondelete="CASCADE"))
    service: Mapped[Service] = mapped_column(word(Service))

    studio: Mapped[StudioProfile] = relationship(back_populates="services")


class StudioStudioType(Row):
    __tablename__ = "studio_studio_types"
    __table_args__ = (UniqueConstraint("studio_id", "studio_type"), NEVER_GIVEN_TWICE)

    studio_id: Mapped[int] = mapped_column(ForeignKey("studio_profiles.id", ondelete="CASCADE"))
    studio_type: Mapped[StudioType] = mapped_column(word(StudioType))

    studio: Mapped[StudioProfile] = relationship(back_populates="types")


class Review(Row):
    """`owner_id` is the owner of the studio at the time of the review."""

    __tablename__ = "reviews"
    __table_args__ = (CheckConstraint("rating BETWEEN 1 AND 5", name="rating"), NEVER_GIVEN_TWICE)

    studio_id: Mapped[StudioId]
    reviewer_id: Mapped[UserId]
    owner_id: Mapped[UserId]
    rating: Mapped[int]
    content: Mapped[Prose]
    is_anonymous: Mapped[Flag]
    status: Mapped[ReviewStatus] = mapped_column(
        word(ReviewStatus), default=ReviewStatus.PENDING, server_default=ReviewStatus.PENDING.value
    )

    studio: Mapped[StudioProfile] = relationship(back_populates="reviews")
    reviewer: Mapped[User] = relationship(foreign_keys="Review.reviewer_id")
    response: Mapped["ReviewResponse | None"] = relationship(
        back_populates="review", cascade="all, delete-orphan", passive_deletes=True
    )


class ReviewResponse(Row):
    __tablename__ = "review_responses"

    review_id: Mapped[int] = mapped_column(
        ForeignKey("reviews.id", ondelete="CASCADE"), unique=True
    )
    author_id: Mapped[UserId]
    content: Mapped[Prose]

    review: Mapped[Review] = relationship(back_populates="response")
    author: Mapped[User] = relationship()
