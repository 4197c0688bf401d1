"""The rows that belong to a demo studio: images, services, types, reviews and responses."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from portal.directory.demo import places, texts
from portal.directory.demo.chance import source
from portal.directory.demo.people import TODAY, Crowd, Person, Row
from portal.directory.demo.picture_names import PICTURE_NAMES
from portal.directory.demo.scenes import alt_text


def images(person: Person) -> Iterator[Row]:
    base = _of(person)
    rng = source(f"images {base['studio_id']}")
    count = rng.choices((1, 2, 3, 4, 5, 6), (8, 18, 30, 24, 14, 6))[0]
    for order, number in enumerate(rng.sample(range(len(PICTURE_NAMES)), count)):
        url = f"/images/{PICTURE_NAMES[number]}"
        yield {**base, "image_url": url, "alt_text": alt_text(number), "sort_order": order}


def services(person: Person) -> Iterator[Row]:
    return ({**_of(person), "service": service.value} for service in person.services)


def types(person: Person) -> Iterator[Row]:
    return ({**_of(person), "studio_type": kind.value} for kind in person.kinds)


def reviews_and_responses(
    crowd: Crowd, owners: list[Person], *, users: int
) -> tuple[list[Row], list[Row]]:
    """Reviews by any of the users 1 to `users`, but never by the owner, and their responses."""
    reviews: list[Row] = []
    responses: list[Row] = []
    for person in owners:
        rng = source(f"reviews {person.user['id']}")
        count = rng.choices((0, 1, 2, 3, 4, 6, 9), (18, 22, 22, 16, 12, 7, 3))[0]
        authors = rng.sample(range(1, users + 1), min(count + 1, users))
        for author in [one for one in authors if one != person.user["id"]][:count]:
            crowd.reviews += 1
            review = _review(rng, person, author, number=crowd.reviews)
            reviews.append(review)
            if review["status"] == "approved" and rng.random() < 0.4:
                responses.append(_response(rng, review))
    return reviews, responses


def _of(person: Person) -> Row:
    studio = person.studio or {}
    moment = studio["created_at"]
    return {"studio_id": studio["id"], "created_at": moment, "updated_at": moment}


def _review(rng: Random, person: Person, author: int, *, number: int) -> Row:
    base = _of(person)
    rating = rng.choices((5, 4, 3, 2, 1), (52, 27, 13, 5, 3))[0]
    span = int((TODAY - base["created_at"]).total_seconds())
    moment = base["created_at"] + timedelta(seconds=rng.randrange(span // 20, span))
    words = texts.some_words(
        rng, places.some_city(rng), first=person.words["first"], studio=person.words["studio"]
    )
    return {
        "id": number,
        "studio_id": base["studio_id"],
        "reviewer_id": author,
        "owner_id": person.user["id"],
        "rating": rating,
        "content": texts.review(rng, rating, {**words, "mic": person.words["mic"]}),
        "is_anonymous": rng.random() < 0.15,
        "status": rng.choices(("approved", "pending", "rejected"), (84, 11, 5))[0],
        "created_at": moment,
        "updated_at": moment,
    }


def _response(rng: Random, review: Row) -> Row:
    span = int((TODAY - review["created_at"]).total_seconds())
    moment = review["created_at"] + timedelta(seconds=rng.randrange(0, min(span, 12 * 86400) + 1))
    return {
        "review_id": review["id"],
        "author_id": review["owner_id"],
        "content": texts.response(rng, review["rating"]),
        "created_at": moment,
        "updated_at": moment,
    }
