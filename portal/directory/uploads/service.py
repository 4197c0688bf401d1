"""Changes to the pictures of one's own studio.

Each picture is added in a transaction of its own: a refused file leaves the others of the same
upload. The studio's row is locked first, so that two uploads at once never pass the limit.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.accounts.login.throttle import Allowance
from portal.core.errors import Conflict, Invalid, Unavailable
from portal.core.storage.database import changing_directory, db
from portal.core.storage.read_only import WHY
from portal.directory.folding import one_line
from portal.directory.models import StudioImage, StudioProfile
from portal.directory.owners.models import PictureFile
from portal.directory.pictures import address_of
from portal.directory.reports.pictures import forget_picture, note_new_picture
from portal.directory.uploads.encoding import Encoded, encode
from portal.directory.uploads.limits import LONGEST_TEXT, MOST_PICTURES
from portal.directory.uploads.noting import ADDED, DESCRIBED, ORDERED, REMOVED, note_picture
from portal.directory.uploads.ownership import require_own_store
from portal.directory.uploads.queries import name_of, own_image, own_images
from portal.directory.uploads.store import keep, picture_store, write_again
from portal.directory.users.access.throttles import charge

FULL = f"Your studio has {MOST_PICTURES} pictures already, and that is the most."
REMOVE_ONE = "Remove one first."
NO_STUDIO = "Your studio has no name yet. Give it one first; pictures come after."
ALREADY = "Your studio has this picture already."
GONE = "This picture can’t be put back any more."
#: Pictures that one person may send in a row, and how long it takes until another one may follow.
BURST, INTERVAL = 60, timedelta(minutes=2)
ACTION = "picture.throttled"
MOVED_ON = "Your pictures have changed since this page was opened, so the order was not saved."


@dataclass(frozen=True)
class Removed:
    """What it takes to put a removed picture back."""

    id: int
    name: str
    text: str
    place: int


def add_picture(user_id: int, data: bytes) -> int:
    """The id of the new picture of this person's studio, the last in its order.

    Raises Invalid for what is no acceptable picture, Conflict for one too many, Unavailable.
    """
    _require_writable()
    _studio_of(user_id)
    _require_room(user_id)
    db.session.rollback()  # nothing is locked while a picture is encoded and stored
    _consume(user_id)
    store = picture_store()
    require_own_store(store)
    encoded = encode(data)
    keep(store, encoded.name, encoded.files)
    with changing_directory():
        studio = _studio_of(user_id, locked=True)
        _require_room(user_id)
        _require_new(user_id, encoded.name)
        _note_file(encoded)
        image = _insert(studio, encoded.name, "", place=_next_place(studio))
        note_picture(user_id, image, ADDED, {}, {"picture": encoded.name})
        note_new_picture(user_id, image.id)
        return image.id


def describe_picture(user_id: int, number: int, text: str) -> None:
    """Raises NotFound, or Invalid for a text that is too long."""
    words = one_line(text)
    if len(words) > LONGEST_TEXT:
        raise Invalid(f"The text has more than {LONGEST_TEXT} characters.", field="text")
    with changing_directory():
        image = own_image(user_id, number)
        before, image.alt_text = image.alt_text, words or None
        note_picture(user_id, image, DESCRIBED, {"text": before}, {"text": image.alt_text})


def order_pictures(user_id: int, numbers: list[int]) -> None:
    """`numbers` are the ids of all pictures of this person's studio. Raises Conflict where they no
    longer are."""
    with changing_directory():
        _studio_of(user_id, locked=True)
        images = {each.id: each for each in db.session.scalars(own_images(user_id))}
        if sorted(numbers) != sorted(images):
            raise Conflict(MOVED_ON, remedy="They are shown as they are now: order them again.")
        for place, number in enumerate(numbers):
            images[number].sort_order = place
        first = images[numbers[0]] if numbers else None
        if first and list(images) != numbers:
            note_picture(user_id, first, ORDERED, {"pictures": list(images)}, {"pictures": numbers})


def remove_picture(user_id: int, number: int) -> Removed:
    """The file stays: a backup may refer to it, and it can be put back. Raises NotFound."""
    with changing_directory():
        _studio_of(user_id, locked=True)
        image = own_image(user_id, number)
        removed = Removed(image.id, name_of(image), image.alt_text or "", image.sort_order)
        gone = {"picture": removed.name, "text": removed.text}
        note_picture(user_id, image, REMOVED, gone, {})
        db.session.delete(image)
        forget_picture(number)
    return removed


def put_back(user_id: int, removed: Removed) -> None:
    """At its place and by its old id: to do it twice changes nothing. Raises Conflict."""
    db.session.rollback()
    if not write_again(picture_store(), removed.name):
        raise Conflict(GONE, remedy="Upload it again.")
    try:
        with changing_directory():
            studio = _studio_of(user_id, locked=True)
            if any(each.id == removed.id for each in db.session.scalars(own_images(user_id))):
                return
            _require_room(user_id)
            _require_new(user_id, removed.name)
            image = _insert(
                studio, removed.name, removed.text, place=removed.place, number=removed.id
            )
            back = {"picture": removed.name, "text": removed.text}
            note_picture(user_id, image, ADDED, {}, back)
            note_new_picture(user_id, removed.id)
    except IntegrityError as error:
        raise Conflict(GONE, remedy="Upload it again.") from error


def _require_writable() -> None:
    """Asked before a picture is encoded for nothing; the database refuses the write itself."""
    if why := db.session.connection().info.get(WHY):
        raise Unavailable(str(why))


def _consume(user_id: int) -> None:
    """Raises TooMany: encoding takes processor time, and a removed picture stays in the store;
    Unavailable without ops."""
    keys = [Allowance(f"site-pictures:{user_id}", BURST, INTERVAL)]
    charge(keys, attempts="pictures in a row", action=ACTION)


def _studio_of(user_id: int, *, locked: bool = False) -> int:
    """Its id. `locked`: nobody else changes its pictures until the commit. Raises Conflict."""
    query = select(StudioProfile.id).where(StudioProfile.user_id == user_id)
    studio = db.session.scalar(query.with_for_update() if locked else query)
    if studio is None:
        raise Conflict(NO_STUDIO)
    return studio


def _require_room(user_id: int) -> None:
    count = db.session.scalar(select(func.count()).select_from(own_images(user_id).subquery()))
    if (count or 0) >= MOST_PICTURES:
        raise Conflict(FULL, remedy=REMOVE_ONE)


def _require_new(user_id: int, name: str) -> None:
    if any(name_of(each) == name for each in db.session.scalars(own_images(user_id))):
        raise Conflict(ALREADY)


def _note_file(encoded: Encoded) -> None:
    """Once, whoever uploads it; two may do so at the same time."""
    if db.session.get(PictureFile, encoded.name):
        return
    try:
        with db.session.begin_nested():
            db.session.add(
                PictureFile(
                    name=encoded.name,
                    width=encoded.width,
                    height=encoded.height,
                    bytes=encoded.bytes,
                )
            )
    except IntegrityError:
        return


def _next_place(studio: int) -> int:
    last = select(func.max(StudioImage.sort_order)).where(StudioImage.studio_id == studio)
    found = db.session.scalar(last)
    return 0 if found is None else found + 1


def _insert(
    studio: int, name: str, text: str, *, place: int, number: int | None = None
) -> StudioImage:
    image = StudioImage(
        id=number,
        studio_id=studio,
        image_url=address_of(name),
        alt_text=text or None,
        sort_order=place,
    )
    db.session.add(image)
    db.session.flush()
    return image
