"""Pictures of studios in the width in which lists show them, made at the first request and kept."""

import logging
from io import BytesIO
from pathlib import Path

from PIL import Image

from portal.documents.folders.atomic_files import write_whole

#: Pixels. A card is 300 to 390 wide; a screen with twice as many pixels takes the whole picture.
SMALL = 480
_log = logging.getLogger(__name__)


def small_picture(folder: Path, name: str) -> str:
    """The name, below the folder, of a picture that is no wider than SMALL; the whole picture where
    none can be made."""
    small = f"{SMALL}/{Path(name).stem}.webp"
    if (folder / small).is_file():
        return small
    try:
        write_whole(folder / small, _scaled((folder / name).read_bytes()))
    except FileNotFoundError:
        return name
    except Exception:  # whatever a damaged picture makes a decoder do, or a disk that is full
        _log.warning("No small picture can be made of %s", name, exc_info=True)
        return name
    return small


def _scaled(content: bytes) -> bytes:
    with Image.open(BytesIO(content), formats=("WEBP", "JPEG", "PNG")) as picture:
        picture.thumbnail((SMALL, 4 * SMALL))
        out = BytesIO()
        picture.save(out, "WEBP", quality=78, method=4)
    return out.getvalue()
