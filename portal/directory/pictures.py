"""Thumbnails of studios' pictures for lists, created at the first request and stored."""

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image

from portal.core.files.private import write_whole

#: Pixels. A card is 300 to 390 wide; a high-density screen uses the original picture.
SMALL = 480
_log = logging.getLogger(__name__)


def small_picture(folder: Path, name: str) -> str:
    """The name, relative to the folder, of a picture at most SMALL pixels wide; the original if
    none can be created."""
    small = f"{SMALL}/{Path(name).stem}.webp"
    if (folder / small).is_file():
        return small
    try:
        write_whole(folder / small, _scaled((folder / name).read_bytes()))
    except FileNotFoundError:
        return name
    except Exception:  # any decoder error of a damaged picture, or a full disk
        _log.warning("No small picture can be made of %s", name, exc_info=True)
        return name
    return small


def _scaled(content: bytes) -> bytes:
    with Image.open(BytesIO(content), formats=("WEBP", "JPEG", "PNG")) as picture:
        picture.thumbnail((SMALL, 4 * SMALL))
        out = BytesIO()
        picture.save(out, "WEBP", quality=78, method=4)
    return out.getvalue()
