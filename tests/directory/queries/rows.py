"""The demo's studios in a directory of today's schema, without its history."""

from typing import Any

from sqlalchemy import insert

from portal.core.storage.database import db
from portal.directory.demo.extras import reviews_and_responses, services, types
from portal.directory.demo.fill import _people
from portal.directory.demo.people import Crowd, Person
from portal.directory.models import Review, StudioProfile, StudioService, StudioStudioType, User
from tests.support.index import fill_index


def fill_directory(studios: int = 642) -> None:
    crowd = Crowd(None)
    people = list(_people(crowd, studios))
    owners = [person for person in people if person.studio]
    reviews, _responses = reviews_and_responses(crowd, owners, users=len(people))
    for model, rows in (
        (User, [person.user for person in people]),
        (StudioProfile, [_profile(person) for person in owners]),
        (StudioService, [row for person in owners for row in services(person)]),
        (StudioStudioType, [row for person in owners for row in types(person)]),
        (Review, list(reviews)),
    ):
        db.session.execute(insert(model), rows)
    db.session.commit()
    fill_index(db.engine)


def _profile(person: Person) -> dict[str, Any]:
    """As the consolidation makes it: the studio's values before the profile's."""
    profile = {k: v for k, v in (person.profile or {}).items() if k not in {"id", "studio_name"}}
    studio = {k: v for k, v in (person.studio or {}).items() if k != "owner_id"}
    return {**profile, **studio, "phone": studio["phone"] or profile.get("phone")}
