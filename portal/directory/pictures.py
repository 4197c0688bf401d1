"""The sizes of studios' pictures: their addresses, and those created at the first request.

An uploaded picture has a file for each of WIDTHS that it exceeds, and one of at most WHOLE pixels.
Of others the size of lists is created when it is first asked for.
"""

import logging
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from portal.core.files.private import write_whole

#: Pixels. A card is 300 to 390 wide; a high-density screen uses the next larger size.
SMALL, MEDIUM = 480, 960
WIDTHS = (SMALL, MEDIUM)
#: The longest side of what is kept, in pixels.
WHOLE = 1920
#: What pages assume of a picture of which no size is known: the width of its file, and its shape.
ASSUMED_WIDTH, ASSUMED_SHAPE = 960, (600, 400)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sources:
    """The attributes of an `img`: `width` and `height` are in pixels, for its shape."""

    src: str
    srcset: str
    width: int
    height: int


def address_of(name: str, width: int | None = None) -> str:
    """The path of a picture on this site; `width` is one of WIDTHS, None for the whole."""
    return f"/images/{width}/{name}" if width else f"/images/{name}"


def widths_below(width: int) -> tuple[int, ...]:
    """The sizes that a picture of this width has beside its whole."""
    return tuple(each for each in WIDTHS if each < width)


def sources_of(name: str, width: int | None = None, height: int | None = None) -> Sources:
    """For a picture of these pixels (`picture_files`); without them, or without a row, for one that
    was stored before sizes were recorded."""
    is_known = bool(width and height and width > 0 and height > 0)
    shape = (int(width or 0), int(height or 0)) if is_known else ASSUMED_SHAPE
    whole = shape[0] if is_known else ASSUMED_WIDTH
    files = [(address_of(name, each), each) for each in widths_below(whole)]
    files.append((address_of(name), whole))
    return Sources(files[-1][0], ", ".join(f"{path} {wide}w" for path, wide in files), *shape)


def small_picture(folder: Path, name: str, width: int = SMALL) -> str:
    """The name, relative to the folder, of a picture at most `width` pixels wide; the original if
    none can be created."""
    small = f"{width}/{Path(name).stem}.webp"
    if (folder / small).is_file():
        return small
    try:
        write_whole(folder / small, _scaled((folder / name).read_bytes(), width))
    except FileNotFoundError:
        return name
    except Exception:  # any decoder error of a damaged picture, or a full disk
        _log.warning("No small picture can be made of %s", name, exc_info=True)
        return name
    return small


def _scaled(content: bytes, width: int) -> bytes:
    with Image.open(BytesIO(content), formats=("WEBP", "JPEG", "PNG")) as picture:
        picture.thumbnail((width, 4 * width))
        out = BytesIO()
        picture.save(out, "WEBP", quality=78, method=4)
    return out.getvalue()
