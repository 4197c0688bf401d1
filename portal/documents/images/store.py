"""Stores images of documents: re-encoded as WebP without metadata, named by their hash."""

import re
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.audit.actor import Actor
from portal.audit.service import record
from portal.core.configuration.settings import settings
from portal.core.errors import Invalid, NotFound
from portal.core.files.private import write_whole

#: Limits of uploads in bytes and pixels, and the longest side in pixels that is kept.
LARGEST, MOST_PIXELS, LONGEST_SIDE = 10_000_000, 30_000_000, 2_000
#: Bytes up to which an image is stored losslessly, whatever it shows.
SMALL = 100_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_NAME = re.compile(r"[0-9a-f]{64}")
_DRAWN = re.compile(rb"\s*(?:<\?xml|<!--|<!doctype|<svg)", re.I)


@dataclass(frozen=True)
class KeptImage:
    """`address` is a path on this site."""

    sha256: str
    width: int
    height: int

    @property
    def address(self) -> str:
        return f"/documents/images/{self.sha256}.webp"

    def markdown(self, shows: str) -> str:
        """The Markdown of the image; `shows` is its alternative text."""
        words = re.sub(r"([\[\]\\`*_<>&!])", r"\\\1", " ".join(shows.split())[:200])
        return f"![{words}]({self.address})"


def keep_image(data: bytes, *, by: Actor) -> KeptImage:
    """Raises Invalid with a sentence for anything that is not an acceptable image."""
    picture = _opened(data)
    drawn = _reencoded(picture)
    content = _as_webp(drawn, exact=_is_drawing(picture, len(data)))
    kept = KeptImage(sha256(content).hexdigest(), *drawn.size)
    path = images_root() / f"{kept.sha256}.webp"
    if not path.exists():
        write_whole(path, content)
        record("document.picture-kept", kept.sha256, by=by, details={"bytes": len(content)})
    return kept


def image_file(name: str) -> Path:
    """The file of an image by its hash, stored here or shipped. Raises NotFound."""
    for root in (images_root(), shipped_images_root()):
        path = root / f"{name}.webp"
        if _NAME.fullmatch(name) and path.is_file() and not path.is_symlink():
            return path
    raise NotFound("There is no such picture.")


def images_root() -> Path:
    return settings().data / "documents" / "images"


def shipped_images_root() -> Path:
    """The folder beside the reports in the repository, where a patch puts images."""
    return settings().incidents_dir / "images"


def _opened(data: bytes) -> Image.Image:
    """The image, of which only the header has been read."""
    if not data:
        raise Invalid("The file is empty.")
    if len(data) > LARGEST:
        raise Invalid(f"The picture is larger than {LARGEST // 1_000_000} MB.")
    if _DRAWN.match(data[:200].removeprefix(b"\xef\xbb\xbf")):
        raise Invalid(
            "SVG drawings can hold code, so they are not accepted.",
            remedy="Save the drawing as PNG.",
        )
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not is_webp and not data.startswith(_SIGNATURES):
        raise Invalid("This is no picture that can be shown: use PNG, JPEG, WebP or GIF.")
    try:
        picture = Image.open(BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise Invalid("This picture is damaged and can’t be read.") from None
    if picture.width * picture.height > MOST_PIXELS:
        raise _too_many_pixels()
    return picture


def _too_many_pixels() -> Invalid:
    return Invalid(
        f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels.",
        remedy="Make it smaller first.",
    )


def _reencoded(picture: Image.Image) -> Image.Image:
    """The image re-encoded from its pixels: rotated upright, no longer than LONGEST_SIDE."""
    try:
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        drawn = upright.convert("RGBA" if has_alpha else "RGB")
    except Exception:  # a damaged file can make a decoder raise anything
        raise Invalid("This picture is damaged and can’t be read.") from None
    drawn.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    drawn.info.clear()
    return drawn


def _is_drawing(picture: Image.Image, size: int) -> bool:
    """Whether it is a screenshot or a chart, which stays lossless. A photograph saved as PNG has
    more than one byte per pixel.
    """
    pixels = picture.width * picture.height
    return picture.format in ("PNG", "GIF") and (size < SMALL or size < pixels / 2)


def _as_webp(drawn: Image.Image, *, exact: bool) -> bytes:
    out = BytesIO()
    drawn.save(out, "WEBP", quality=50 if exact else 85, method=4, lossless=exact)
    return out.getvalue()
