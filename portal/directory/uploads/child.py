"""The process that decodes a picture and encodes its sizes; then it ends.

It reads one frame with a file and answers with JSON: the sizes in base64, or a sentence on why
there are none. It has no database, no key and no network address, writes no file, and ends with its
parent. Started by `encoding`.
"""

import base64
import ctypes
import os
import resource
import signal
import sys
import warnings
from io import BytesIO
from itertools import islice
from typing import Any

from PIL import Image, ImageCms, ImageOps

from portal.core.subprocesses.frames import frames, send
from portal.directory.pictures import WHOLE, widths_below
from portal.directory.uploads.limits import MOST_PIXELS, SMALLEST

#: Limit of the address space in bytes: a picture of MOST_PIXELS takes less than half of it.
MEMORY = 1024 * 1024 * 1024
#: The process's niceness: the site's pages have priority.
NICE = 10
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
DAMAGED = "The picture is damaged and can’t be read."
TOO_MANY_PIXELS = f"The picture has more than {MOST_PIXELS // 1_000_000} million pixels."
TOO_MUCH_MEMORY = "The picture needs too much memory. Save it smaller, or as JPEG."
MOVES = "The picture moves. Save one of its frames as a picture of its own."
TOO_SMALL = f"The picture is too small: each side needs {SMALLEST} pixels."
_PR_SET_PDEATHSIG = 1


class Unfit(Exception):
    """The sentence says why the file is refused."""


def main(seconds: int, files: int = 1) -> None:
    limit(seconds)
    incoming, outgoing = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    Image.init()
    send(outgoing, {"ready": True})
    for data in islice(frames(incoming), files):
        send(outgoing, answer(data))


def limit(seconds: int) -> None:
    """Of this process: its memory, its processor time, and what it can write."""
    # The kernel kills it when the thread that started it ends, whatever it does (Linux).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def answer(data: bytes) -> dict[str, Any]:
    try:
        return encoded(opened(data))
    except Unfit as error:
        return {"error": str(error)}
    except Image.DecompressionBombError:
        return {"error": TOO_MANY_PIXELS}
    except MemoryError:
        return {"error": TOO_MUCH_MEMORY}
    except Exception:  # a damaged file can make a decoder raise anything
        return {"error": DAMAGED}


def opened(data: bytes) -> Image.Image:
    """The picture, of which only the head has been read. Raises Unfit."""
    picture = Image.open(BytesIO(data), formats=FORMATS)
    if picture.width * picture.height > MOST_PIXELS:
        raise Unfit(TOO_MANY_PIXELS)
    if min(picture.size) < SMALLEST:
        raise Unfit(TOO_SMALL)
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise Unfit(MOVES)
    return picture


def encoded(picture: Image.Image) -> dict[str, Any]:
    whole = drawn(picture)
    files = {"": whole}
    for width in widths_below(whole.width):
        height = max(1, round(whole.height * width / whole.width))
        files[str(width)] = whole.resize((width, height), Image.Resampling.LANCZOS)
    return {
        "width": whole.width,
        "height": whole.height,
        "files": {size: base64.b64encode(as_webp(each)).decode() for size, each in files.items()},
    }


def drawn(picture: Image.Image) -> Image.Image:
    """The pixels alone: upright, no longer than WHOLE, in the colours of the web."""
    picture.draft(None, (WHOLE, WHOLE))  # a JPEG is decoded smaller
    picture.load()
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(_plain(picture))
    upright.thumbnail((WHOLE, WHOLE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    alpha = upright.getchannel("A") if upright.mode == "RGBA" else None
    found = _in_srgb(upright.convert("RGB") if alpha else upright, profile)
    if alpha and alpha.getextrema() != (255, 255):
        found.putalpha(alpha)
    found.info = {}
    return found


def _plain(picture: Image.Image) -> Image.Image:
    """In a mode that can be scaled: L, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I"):  # 16 bits of grey: the upper eight are kept
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB", "RGBA", "CMYK") else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """By its colour profile; one that can't be used is ignored, as browsers do."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            return ImageCms.profileToProfile(
                picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
            ) or picture.convert("RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return picture.convert("RGB")


def as_webp(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=QUALITY, method=4, icc_profile=b"", exif=b"", xmp=b"")
    return out.getvalue()


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(0)
