"""What a person has uploaded: the pictures of one's own studio, found by their owner alone."""

from dataclasses import dataclass

from sqlalchemy import Select, select

from portal.core.errors import NotFound
from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.models import StudioImage, StudioProfile
from portal.directory.owners.models import PictureFile
from portal.directory.pictures import Sources, sources_of
from portal.directory.uploads.limits import MOST_PICTURES
from portal.directory.visibility import IMAGE_NAME

NO_SUCH = "This picture is not in your studio any more."


@dataclass(frozen=True)
class OwnPicture:
    """`sources` is None for a picture that is not kept on this site, which no page shows."""

    id: int
    text: str
    sources: Sources | None


@dataclass(frozen=True)
class Pictures:
    """The pictures of one's own studio, in their order; `studio` is None before there is one."""

    studio: str | None
    shown: tuple[OwnPicture, ...]

    @property
    def left(self) -> int:
        return max(0, MOST_PICTURES - len(self.shown))

    @property
    def order(self) -> str:
        return ",".join(str(each.id) for each in self.shown)


def pictures_of_user(user_id: int) -> Pictures:
    studio = db.session.scalar(select(StudioProfile.name).where(StudioProfile.user_id == user_id))
    if studio is None:
        return Pictures(None, ())
    rows = db.session.scalars(own_images(user_id)).all()
    sizes = _sizes_of([name_of(each) for each in rows])
    return Pictures(studio, tuple(_own(each, sizes) for each in rows))


def own_images(user_id: int) -> Select[StudioImage]:
    """In their order."""
    return (
        select(StudioImage)
        .join(StudioProfile)
        .where(StudioProfile.user_id == user_id)
        .order_by(StudioImage.sort_order, StudioImage.id)
    )


def own_image(user_id: int, number: int) -> StudioImage:
    """Raises NotFound for another person's as for none."""
    image = db.session.scalar(own_images(user_id).where(StudioImage.id == number))
    if image is None:
        raise NotFound(NO_SUCH, remedy="Open your pictures to see which there are.")
    return image


def name_of(image: StudioImage) -> str:
    return image.image_url.removeprefix("/images/")


def _sizes_of(names: list[str]) -> dict[str, tuple[int, int]]:
    query = select(PictureFile.name, PictureFile.width, PictureFile.height)
    rows = db.session.execute(query.where(PictureFile.name.in_(names)))
    return {name: (width, height) for name, width, height in rows}


def _own(image: StudioImage, sizes: dict[str, tuple[int, int]]) -> OwnPicture:
    name = name_of(image)
    sources = sources_of(name, *sizes.get(name, ())) if IMAGE_NAME.fullmatch(name) else None
    return OwnPicture(image.id, one_line(image.alt_text), sources)
