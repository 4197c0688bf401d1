"""A Markdown file as a document: front matter, title, body and where the body starts."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from portal.core.errors import Invalid
from portal.documents.front_matter.parse import Fault, split
from portal.documents.front_matter.yaml import Key
from portal.documents.markdown.blocks.sections import headings

_FIELD = r"^[ \t>]*(?:[-*+][ \t]+)?\*\*{name}(?::\*\*|\*\*:)[ \t]*(\S.*)$"
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name[:3]: at for at, name in enumerate(_MONTHS.split(), 1)}
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9})\.?,? (\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")


@dataclass(frozen=True)
class Document:
    """`body` is the Markdown without front matter; it starts on line `body_line` of the file.

    `sha256` is the hash of the file's bytes on disk. `head` is the YAML of the front matter, `keys`
    are its keys at any depth with their line of the file, and `faults` are the reasons why front
    matter or something similar was not read. `made` is the cache of
    `portal.documents.folders.contents.cached_from`.
    """

    slug: str
    path: Path | None
    title: str
    meta: dict[str, Any]
    body: str
    body_line: int
    words: int
    sha256: str
    head: str = ""
    keys: tuple[Key, ...] = ()
    faults: tuple[Fault, ...] = ()
    made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The document's name in errors: its path below the folder."""
        return f"{self.slug}.md"


def read_document(path: Path, root: Path) -> Document:
    """Raises Invalid with the file's name and line when it can't be read."""
    slug = path.relative_to(root).with_suffix("").as_posix()
    return _document(path.read_bytes(), slug, path)


def parse_document(source: str | bytes, slug: str) -> Document:
    return _document(source.encode() if isinstance(source, str) else source, slug, None)


def _document(raw: bytes, slug: str, path: Path | None) -> Document:
    text = decoded(raw, f"{slug}.md")
    head = split(text, f"{slug}.md")
    return Document(
        slug=slug,
        path=path,
        title=title_of(head.meta, head.body, slug),
        meta=head.meta,
        body=head.body,
        body_line=head.body_line,
        words=len(re.findall(r"\w+(?:['’-]\w+)*", head.body)),
        sha256=sha256(raw).hexdigest(),
        head=head.source,
        keys=head.keys,
        faults=head.faults,
    )


def decoded(raw: bytes, name: str) -> str:
    r"""The decoded text with `\n` line ends. Raises Invalid with file and line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Invalid(
            f"{name}, line {line}: the file is not UTF-8 text.", remedy="Save it as UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def title_of(meta: dict[str, Any], body: str, slug: str) -> str:
    """The title in the front matter, else the first heading, else the file's name."""
    if meta.get("title"):
        return str(meta["title"])
    first = next((heading.title for heading in headings(body) if heading.title), None)
    return first or slug.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ").strip().capitalize()


def field_line(body: str, name: str) -> str | None:
    """The value of a line such as `**Status:** Resolved`."""
    found = re.search(_FIELD.format(name=re.escape(name)), body, re.M | re.I)
    return found[1].rstrip() if found else None


def date_in(text: str) -> date | None:
    """The first date in a text: 2025-12-16, 16 December 2025 or December 16, 2025."""
    if found := _ISO.search(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    for found in _DAY_FIRST.finditer(text):
        if day := _day(int(found[3]), _MONTH.get(found[2][:3].lower(), 0), int(found[1])):
            return day
    for found in _MONTH_FIRST.finditer(text):
        if day := _day(int(found[3]), _MONTH.get(found[1][:3].lower(), 0), int(found[2])):
            return day
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
