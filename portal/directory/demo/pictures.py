"""Write the demo's pictures, each named by the hash of its content."""

import hashlib
from io import BytesIO
from pathlib import Path

from portal.core.files.private import write_whole
from portal.directory.demo.picture_names import PICTURE_NAMES
from portal.directory.demo.scenes import scene


def write_demo_images(folder: Path) -> list[str]:
    """The names of all pictures in `folder`, in order; existing files are not rewritten."""
    for number, name in enumerate(PICTURE_NAMES):
        path = folder / name
        if not path.exists():
            write_whole(path, picture(number), durably=False)
    return list(PICTURE_NAMES)


def picture(number: int) -> bytes:
    """The picture as WebP."""
    encoded = BytesIO()
    scene(number).save(encoded, "WEBP", quality=78, method=2)
    return encoded.getvalue()


def name_of(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:32]}.webp"
