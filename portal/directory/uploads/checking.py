"""What a file is, by its first bytes: its name and what the browser says of it are not asked."""

import re

from portal.core.errors import Invalid
from portal.directory.uploads.limits import LARGEST

ACCEPTED = "Use a JPEG, PNG or WebP file."
_BEGINNINGS = (
    (b"GIF8", "GIF pictures are not accepted."),
    (b"%PDF", "This is a PDF document, not a picture."),
    (b"II*\0", "TIFF pictures are not accepted."),
    (b"MM\0*", "TIFF pictures are not accepted."),
    (b"\0\0\1\0", "Icon files are not accepted."),
    (b"BM", "BMP pictures are not accepted."),
    (b"PK\3\4", "This is an archive or a document, not a picture."),
)
_SVG = re.compile(rb"<svg[\s>]|<!doctype svg", re.IGNORECASE)
_MARKUP = re.compile(rb"\s*<[?!a-z]", re.IGNORECASE)
_PHONE_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


def require_picture(data: bytes) -> None:
    """Raises Invalid, with a sentence, for what is not worth decoding."""
    if not data:
        raise Invalid("The file is empty.")
    if len(data) > LARGEST:
        raise too_large()
    if not _is_accepted(data):
        raise Invalid(_what_it_is(data), remedy=ACCEPTED)


def too_large() -> Invalid:
    return Invalid(
        f"The file is larger than {LARGEST // 1_000_000} MB.",
        remedy="Save it smaller, for example 3000 pixels wide.",
    )


def _is_accepted(data: bytes) -> bool:
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return is_webp or data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))


def _what_it_is(data: bytes) -> str:
    for beginning, sentence in _BEGINNINGS:
        if data.startswith(beginning):
            return sentence
    if data[4:8] == b"ftyp":
        is_from_phone = data[8:12] in _PHONE_BRANDS
        return (
            "HEIC pictures can’t be read here: export it as JPEG first."
            if is_from_phone
            else "This is a video, or a kind of picture that can’t be read here."
        )
    text = data[:2000].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")
    if _SVG.search(text):
        return "SVG drawings can hold code, so they are not accepted."
    if _MARKUP.match(text):
        return "This is a web page or a text, not a picture."
    return "This is no picture that can be read."
