"""Replacements for pictures of people and rooms: a few plain images, named by content."""

import hashlib
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from portal.core.configuration.settings import settings
from portal.databases.sync.fakes import PICTURES

SIZE = (960, 640)
COLOURS = ("#5b6770", "#6b5f7a", "#4f6f6a", "#7a6a4f", "#5f6f8a", "#7a5560", "#55704f", "#6a6a6a")


def make_pictures() -> tuple[str, ...]:
    """Their file names; existing files are left alone."""
    folder = settings().data / "images"
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_kept(folder, picture(number)) for number in range(PICTURES))


@cache
def picture(number: int) -> bytes:
    """A WebP image: rings of a loudspeaker on a plain ground."""
    image = Image.new("RGB", SIZE, COLOURS[number])
    draw, (x, y) = ImageDraw.Draw(image), (SIZE[0] // 2, SIZE[1] // 2)
    for radius in range(60, 260, 24 + number * 4):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, outline="#e8e6e1", width=4)
    encoded = BytesIO()
    image.save(encoded, "WEBP", quality=70, method=2)
    return encoded.getvalue()


def _kept(folder: Path, content: bytes) -> str:
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.webp"
    if not (folder / name).exists():
        partial = folder / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(folder / name)
    return name
