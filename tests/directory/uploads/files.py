"""Files to upload, made in code: pictures, and what only looks like one."""

from io import BytesIO
from typing import Any

from PIL import Image


def picture(
    size: tuple[int, int] = (640, 420), *, colour: str = "#2a6", kind: str = "JPEG", **more: Any
) -> bytes:
    mode = more.pop("mode", "RGB")
    out = BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))
