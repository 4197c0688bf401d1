"""Files that harm a careless decoder, by name, and what must become of each: a part of the sentence
at the file, or ADDED where it is cleaned."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageCms, PngImagePlugin

from tests.directory.uploads.files import picture

ADDED = "Added."
DAMAGED, PIXELS, SMALL = "damaged", "million pixels", "too small"
SECRET = b"SECRET-OF-THE-FILE"
PLACE = {"GPSLatitudeRef": "N"}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, rows: bytes = b"") -> bytes:
    """Of any size in its head, with whatever rows."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_head(width: int, height: int) -> bytes:
    """A whole small JPEG, whose head promises another size."""
    data = bytearray(picture())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 12.0), 29: SECRET.decode()})
    return picture((640, 420), exif=exif.tobytes(), comment=SECRET)


def with_xmp(kind: str) -> bytes:
    return picture(
        kind=kind, xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>"
    )


def with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=True)
    return picture(kind="PNG", pnginfo=info)


def text_bomb() -> bytes:
    """60 MB of text in 60 kB."""
    data, packed = picture(kind="PNG"), zlib.compress(b"a" * 60_000_000, 9)
    return data[:33] + chunk(b"zTXt", b"k\0\0" + packed) + data[33:]


def profile_bomb() -> bytes:
    data, packed = picture(kind="PNG"), zlib.compress(b"a" * 60_000_000, 9)
    return data[:33] + chunk(b"iCCP", b"k\0\0" + packed) + data[33:]


def moving(kind: str) -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (320, 240), each) for each in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def two_in_one() -> bytes:
    """As some phones store a picture: a JPEG with a second one after it."""
    out = BytesIO()
    frames = [Image.new("RGB", (320, 240), each) for each in ("red", "green")]
    frames[0].save(out, "MPO", save_all=True, append_images=frames[1:])
    return out.getvalue()


def other(kind: str, size: tuple[int, int] = (240, 240)) -> bytes:
    return picture(size, kind=kind)


def many_scans(times: int = 100) -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    data = picture((1200, 900), progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:-2] + data[at:-2] * times + data[-2:]


def webp_head(width: int, height: int) -> bytes:
    """An extended WebP that promises a canvas and holds nothing."""
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0)
    body += struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def wrong_profile() -> bytes:
    return picture(icc_profile=b"\0\0\0\x80" + SECRET * 20)


def profile_of_another_mode() -> bytes:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return picture(icc_profile=lab)


SVG = b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HTML = b"<!doctype html><script>alert(1)</script>"
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.jpg": (lambda: b"", "is empty"),
    "one byte.jpg": (lambda: b"\xff", "no picture"),
    "zeros.jpg": (lambda: bytes(5000), "no picture"),
    "head alone.jpg": (lambda: picture()[:4], DAMAGED),
    "truncated.jpg": (lambda: picture()[:-600], DAMAGED),
    "truncated.png": (lambda: picture(kind="PNG")[:-30], DAMAGED),
    "truncated.webp": (lambda: picture(kind="WEBP")[:-40], DAMAGED),
    "flipped.png": (lambda: picture(kind="PNG").replace(b"IDAT", b"IDAX"), DAMAGED),
    "drawing.svg": (lambda: SVG, "SVG drawings"),
    "drawing.jpg": (lambda: SVG, "SVG drawings"),
    "drawing in UTF-16.png": (lambda: SVG.decode().encode("utf-16-le"), "SVG drawings"),
    "page.jpg": (lambda: HTML, "web page"),
    "page after a mark.png": (lambda: b"\xef\xbb\xbf \n" + HTML, "web page"),
    "paper.jpg": (lambda: b"%PDF-1.7\n" + bytes(900), "PDF"),
    "moves.gif": (lambda: moving("GIF"), "GIF"),
    "gif as.jpg": (lambda: other("GIF"), "GIF"),
    "scan.tiff": (lambda: other("TIFF"), "TIFF"),
    "icon.png": (lambda: other("ICO"), "Icon"),
    "bitmap.png": (lambda: other("BMP"), "BMP"),
    "archive.jpg": (lambda: b"PK\3\4" + bytes(400), "archive"),
    "phone.heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(400), "HEIC"),
    "film.jpg": (lambda: b"\0\0\0\x18ftypisom" + bytes(400), "video"),
    "program.png": (lambda: b"\x7fELF" + bytes(400), "no picture"),
    "huge.png": (lambda: png(40_000, 40_000), PIXELS),
    "huge and filled.png": (lambda: png(9_000, 9_000, colour=0, rows=bytes(81_000_000)), PIXELS),
    "widest.png": (lambda: png(2**31 - 1, 2**31 - 1), PIXELS),
    "huge.jpg": (lambda: jpeg_head(65_000, 65_000), PIXELS),
    "huge.webp": (lambda: webp_head(16_384, 16_384), PIXELS),
    "no height.png": (lambda: png(640, 0), DAMAGED),
    "promises more.jpg": (lambda: jpeg_head(4_000, 4_000), ADDED),
    "a dot.png": (lambda: picture((1, 1), kind="PNG"), SMALL),
    "a line.jpg": (lambda: picture((4_000, 2)), SMALL),
    "text bomb.png": (text_bomb, DAMAGED),
    "profile bomb.png": (profile_bomb, DAMAGED),
    "moves.png": (lambda: moving("PNG"), "moves"),
    "moves.webp": (lambda: moving("WEBP"), "moves"),
    "many scans.jpg": (many_scans, ADDED),
    "two in one.jpg": (two_in_one, ADDED),
    "renamed.png": (lambda: picture(kind="JPEG"), ADDED),
    "no ending": (lambda: picture(kind="WEBP"), ADDED),
    "place.jpg": (with_exif, ADDED),
    "xmp.jpg": (lambda: with_xmp("JPEG"), ADDED),
    "xmp.webp": (lambda: with_xmp("WEBP"), ADDED),
    "words.png": (with_text, ADDED),
    "trailing archive.jpg": (lambda: picture() + b"PK\3\4" + SECRET * 200, ADDED),
    "trailing page.png": (lambda: picture(kind="PNG") + HTML + SECRET, ADDED),
    "script in a comment.jpg": (lambda: picture(comment=b"<script>" + SECRET), ADDED),
    "wrong profile.jpg": (wrong_profile, ADDED),
    "profile of another mode.jpg": (profile_of_another_mode, ADDED),
}
NAMES = (
    "../../etc/passwd.jpg",
    "..\\..\\windows.jpg",
    "a\0b.jpg",
    f"{'n' * 300}.jpg",
    "photo\u202egpj.exe",
    "<img src=x onerror=alert(1)>.jpg",
    "'; DROP TABLE users; --.jpg",
    " ",
)
"""What a browser may say that a file is called; each is of a good picture."""
