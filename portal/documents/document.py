"""A Markdown file as a document: front matter, title, body and where the body starts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from portal.core.errors import Invalid
from portal.documents.sections import headings

FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S | re.M)
_FIELD = r"^[ \t>]*(?:[-*+][ \t]+)?\*\*{name}(?::\*\*|\*\*:)[ \t]*(\S.*)$"
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_MONTHS = "january february march april may june july august september october november december"
_MONTH = {name[:3]: at for at, name in enumerate(_MONTHS.split(), 1)}
_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)? ([A-Za-z]{3,9})\.?,? (\d{4})\b")
_MONTH_FIRST = re.compile(r"\b([A-Za-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")


class _Loader(yaml.SafeLoader):
    """Without references to other values: ten lines of them can stand for a terabyte."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "it refers to another value", mark)
        return super().compose_node(parent, index)


def _tolerant(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A day that is on no calendar stays text, for whoever reads the value to refuse."""

    def constructed(loader: Any, node: Any) -> Any:
        try:
            return construct(loader, node)
        except (ValueError, OverflowError):
            return str(node.value)

    return constructed


def _text(loader: Any, node: Any) -> str:
    """Letters that JSON writes in two halves are whole again; half a letter, which no page can
    hold, is replaced."""
    raw = loader.construct_scalar(node).encode("utf-16-le", "surrogatepass")
    return str(raw.decode("utf-16-le", "replace"))


_Loader.add_constructor("tag:yaml.org,2002:str", _text)
_SCALARS = {"timestamp": _Loader.construct_yaml_timestamp, "int": _Loader.construct_yaml_int}
for _kind, _construct in _SCALARS.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _tolerant(_construct))


@dataclass(frozen=True)
class Document:
    """`body` is the Markdown without front matter and starts on line `body_line` of the file.

    `sha256` is of the file's bytes as they stand on disk.
    """

    slug: str
    path: Path | None
    title: str
    meta: dict[str, Any]
    body: str
    body_line: int
    words: int
    sha256: str

    @property
    def name(self) -> str:
        """What a person calls the file in an error: its path below the folder."""
        return f"{self.slug}.md"


def read_document(path: Path, root: Path) -> Document:
    """Raises Invalid with the file's name and line when it can't be read."""
    slug = path.relative_to(root).with_suffix("").as_posix()
    return _document(path.read_bytes(), slug, path)


def parse_document(source: str | bytes, slug: str) -> Document:
    return _document(source.encode() if isinstance(source, str) else source, slug, None)


def _document(raw: bytes, slug: str, path: Path | None) -> Document:
    text = decoded(raw, f"{slug}.md")
    meta, body, body_line = _split(text, f"{slug}.md")
    return Document(
        slug=slug,
        path=path,
        title=title_of(meta, body, slug),
        meta=meta,
        body=body,
        body_line=body_line,
        words=len(re.findall(r"\w+(?:['’-]\w+)*", body)),
        sha256=sha256(raw).hexdigest(),
    )


def decoded(raw: bytes, name: str) -> str:
    """Text with plain line ends. Raises Invalid with file and line."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Invalid(
            f"{name}, line {line}: the file is not UTF-8 text.", way_out="Save it as UTF-8."
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _split(text: str, name: str) -> tuple[dict[str, Any], str, int]:
    """Front matter, body, and the line on which the body starts."""
    found = FRONT_MATTER.match(text)
    if not found:
        return {}, text, 1
    meta = _loaded(found[1], name)
    if not isinstance(meta, dict):
        return {}, text, 1
    after = text[found.end() :]
    body = after.lstrip("\n")
    line = text.count("\n", 0, found.end()) + len(after) - len(body) + 1
    return {str(key): value for key, value in meta.items()}, body, line


def front_matter(text: str) -> str:
    """The YAML between the first two rules; empty where there is none."""
    found = FRONT_MATTER.match(text)
    return found[1] if found else ""


def _loaded(front_matter: str, name: str) -> Any:
    try:
        return yaml.load(front_matter, Loader=_Loader) or {}  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise Invalid(f"{name}, line {line}: the front matter can't be read: {problem}.") from error
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name}, line 1: the front matter can't be read: {error}.") from error


def title_of(meta: dict[str, Any], body: str, slug: str) -> str:
    """Of front matter, else the first heading, else of the file's name."""
    if meta.get("title"):
        return str(meta["title"])
    first = next((heading.title for heading in headings(body) if heading.title), None)
    return first or slug.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ").strip().capitalize()


def field_line(body: str, name: str) -> str | None:
    """The rest of a line such as `**Status:** Resolved`."""
    found = re.search(_FIELD.format(name=re.escape(name)), body, re.M | re.I)
    return found[1].rstrip() if found else None


def document_date(document: Document) -> date | None:
    """The day of front matter, a `**Date:**` line, a heading, or the file's name, in that order."""
    given = document.meta.get("date")
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    places = [str(given or ""), field_line(document.body, "Date") or ""]
    places += [heading.title for heading in headings(document.body)]
    return next((day for place in [*places, document.slug] if (day := date_in(place))), None)


def document_status(document: Document) -> str | None:
    given = document.meta.get("status") or field_line(document.body, "Status")
    return str(given) if given else None


def date_in(text: str) -> date | None:
    """The first day named in a text: 2025-12-16, 16 December 2025 or December 16, 2025."""
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
