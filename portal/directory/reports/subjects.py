"""What a report can be about: a listed studio, one of its pictures, one of its reviews."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.models import Review, ReviewStatus, StudioImage, StudioProfile, User
from portal.directory.presentation import UNNAMED
from portal.directory.reports.models import ReportAbout
from portal.directory.visibility import is_kept_here, is_listed, number_in, slug_of

MOST_REVIEWS, EXCERPT = 30, 60
WHOLE = "studio"


@dataclass(frozen=True)
class Subject:
    """`value` is what the form sends: “studio”, “picture-12”, “review-5”."""

    about: ReportAbout
    number: int | None
    label: str

    @property
    def value(self) -> str:
        return WHOLE if self.number is None else f"{self.about.value}-{self.number}"


@dataclass(frozen=True)
class Reported:
    """A studio as a visitor reports it. Without its owner."""

    number: int
    slug: str
    name: str
    subjects: tuple[Subject, ...]

    def subject(self, value: str | None) -> Subject | None:
        return next((each for each in self.subjects if each.value == value), None)


def reported_studio(slug: str, review: int | None = None) -> Reported:
    """With its pictures, its newest reviews, and the `review` that is asked for. Raises NotFound
    for a studio that is not listed."""
    number = number_in(slug)
    query = select(StudioProfile.id, StudioProfile.name)
    row = db.session.execute(query.where(is_listed(), StudioProfile.id == number)).one_or_none()
    if number is None or row is None:
        raise NotFound(
            "There is no studio at this address.",
            remedy="It may have changed its name or closed. Search for it by its name or city.",
        )
    name = one_line(row.name) or UNNAMED
    whole = Subject(ReportAbout.STUDIO, None, f"{name} as a whole")
    subjects = (whole, *_pictures(number), *_reviews(number, review))
    return Reported(number, slug_of(row.name, number), name, subjects)


def _pictures(studio: int) -> list[Subject]:
    query = select(StudioImage.id, StudioImage.image_url, StudioImage.alt_text)
    query = query.where(StudioImage.studio_id == studio)
    rows = db.session.execute(query.order_by(StudioImage.sort_order, StudioImage.id))
    shown = [each for each in rows if is_kept_here(each.image_url)]
    return [
        Subject(ReportAbout.PICTURE, each.id, _named(f"Picture {place}", each.alt_text))
        for place, each in enumerate(shown, start=1)
    ]


def _reviews(studio: int, wanted: int | None) -> list[Subject]:
    columns = (Review.id, Review.rating, Review.content, Review.is_anonymous, User.display_name)
    query = select(*columns).join(User, User.id == Review.reviewer_id)
    query = query.where(Review.studio_id == studio, Review.status == ReviewStatus.APPROVED)
    newest = query.order_by(Review.created_at.desc(), Review.id.desc()).limit(MOST_REVIEWS)
    found = {row.id: row for row in db.session.execute(newest)}
    if wanted is not None and wanted not in found:
        found |= {row.id: row for row in db.session.execute(query.where(Review.id == wanted))}
    return [Subject(ReportAbout.REVIEW, each.id, _of_review(each)) for each in found.values()]


def _of_review(row: Any) -> str:
    author = "Anonymous" if row.is_anonymous else one_line(row.display_name) or "Anonymous"
    return _named(f"Review by {author}, {row.rating} of 5", row.content)


def _named(what: str, words: str | None) -> str:
    line = one_line(words)
    short = line if len(line) <= EXCERPT else f"{line[:EXCERPT].rstrip()}…"
    return f"{what}: {short}" if short else what
