"""The encoding of a file, and its text."""

import codecs
from dataclasses import dataclass

from portal.core.errors import Invalid

ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp1252": "Windows, Western Europe (1252)",
    "latin-1": "ISO 8859-1 (Latin 1)",
    "cp1250": "Windows, Central Europe (1250)",
    "cp1251": "Windows, Cyrillic (1251)",
    "cp1253": "Windows, Greek (1253)",
    "cp1254": "Windows, Turkish (1254)",
    "mac_roman": "Mac, Western Europe",
    "cp850": "DOS, Western Europe (850)",
}
"""Those that can be chosen. What a file is in is guessed; the page shows a sample of it."""
OF_ONE_BYTE = ("cp1252", "mac_roman", "cp850")
"""Guessed among these, the likeliest first."""
USUAL = frozenset(
    "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽ‘’“”„–—…€£§°·«»®©\u00a0"
)
"""Characters of Western European texts; others are a sign of a wrong guess."""
NO_TEXT = {
    b"PK\x03\x04": "This is an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "This is an old Excel file",
    b"\x1f\x8b": "This is a compressed file",
    b"%PDF": "This is a PDF file",
    b"SQLite format 3": "This is a database file",
    b"\x89PNG": "This is a picture",
    b"\xff\xd8\xff": "This is a picture",
    b"{\\rtf": "This is a formatted text (RTF)",
}
AS_CSV = "Open it in a spreadsheet and save it as CSV (UTF-8), then upload that."
SAMPLE = 1_000_000
"""Bytes from which an encoding is guessed."""
MOST_NULS = 0.01
FEW_FAULTS = 0.05
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Guess:
    """`why`: in words, for the page."""

    encoding: str
    why: str


def require_text(content: bytes) -> None:
    """Raises Invalid for what can't be a CSV file."""
    if not content.strip(b"\0\t\r\n \xff\xfe\xef\xbb\xbf"):
        raise Invalid("This file is empty.", remedy="Choose a CSV file with rows.", field="file")
    for start, said in NO_TEXT.items():
        if content.startswith(start):
            raise Invalid(f"{said}, not CSV.", remedy=AS_CSV, field="file")
    is_wide = guess(content).encoding == "utf-16"
    if not is_wide and content.count(0) > MOST_NULS * len(content):
        raise Invalid("This file is no text, so it is not CSV.", remedy=AS_CSV, field="file")


def guess(content: bytes) -> Guess:
    if content.startswith(codecs.BOM_UTF8):
        return Guess("utf-8", "The file says that it is UTF-8.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Guess("utf-16", "The file says that it is UTF-16.")
    if _wide(content[:SAMPLE]):
        return Guess("utf-16", "It looks like UTF-16: every other byte is empty.")
    if content.isascii():
        return Guess("utf-8", "It has only plain letters, which most encodings have in common.")
    return _guess_beyond_ascii(content)


def _guess_beyond_ascii(content: bytes) -> Guess:
    faults = _faults(content)
    if not faults:
        return Guess("utf-8", "It was read as UTF-8, which fits all of its characters.")
    if faults < FEW_FAULTS * _beyond_ascii(content):
        return Guess("utf-8", "It was read as UTF-8, which fits nearly all of its characters.")
    found = _of_one_byte(content[:SAMPLE])
    return Guess(found, f"It is not UTF-8. It was read as {ENCODINGS[found]}.")


def decoded(content: bytes, encoding: str) -> str:
    """What can't be read becomes “\N{REPLACEMENT CHARACTER}”."""
    if encoding == "utf-16" and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = _wide(content[:SAMPLE]) or "utf-16-le"
    if encoding == "utf-8":
        encoding = "utf-8-sig"
    return content.decode(encoding, "replace").removeprefix("\ufeff")


def _wide(sample: bytes) -> str | None:
    """UTF-16 without a mark: a text in a Western language has a zero in every other place."""
    pairs = len(sample) // 2
    if not pairs:
        return None
    first, second = sample[: pairs * 2 : 2].count(0), sample[1 : pairs * 2 : 2].count(0)
    most, fewest = max(first, second), min(first, second)
    if most < pairs * 0.4 or fewest > pairs * 0.05:
        return None
    return "utf-16-be" if first > second else "utf-16-le"


def _faults(content: bytes) -> int:
    """How many characters are no UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
        return text.count(UNREADABLE) - content.count(UNREADABLE.encode())
    return 0


def _beyond_ascii(content: bytes) -> int:
    return sum(not each.isascii() for each in content.decode("utf-8", "replace"))


def _of_one_byte(sample: bytes) -> str:
    return max(OF_ONE_BYTE, key=lambda each: _share_of_usual(sample, each))


def _share_of_usual(sample: bytes, encoding: str) -> float:
    other = [each for each in sample.decode(encoding, "replace") if not each.isascii()]
    return sum(each in USUAL for each in other) / max(len(other), 1)
