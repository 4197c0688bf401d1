"""A template of a client email: a Markdown file, with or without front matter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from portal.core.errors import Invalid
from portal.documents.audiences.audience import Audience
from portal.documents.document import Document, date_in, field_line
from portal.documents.markdown.blocks.blocks import split_lines
from portal.documents.markdown.blocks.scanner import scan
from portal.emails.drafting.optional_fields import without_empty
from portal.emails.drafting.placeholder_values import fill_body, fills_itself, with_aliases
from portal.emails.drafting.placeholders import (
    Placeholder,
    key_of,
    placeholders_in,
    placeholders_in_line,
)

KEYS = ("title", "subject", "audience", "fields", "attachments")
#: The attachment name that refers to the report of the message's own incident.
REPORT = "report"
_ATTACHMENTS = re.compile(r"^[ \t]*\*\*Attachments?(?::\*\*|\*\*:)[ \t]*$", re.M | re.I)
_SUBJECT = re.compile(r"^[ \t]*\*\*Subject(?::\*\*|\*\*:).*$\n?", re.M | re.I)
_PATH = re.compile(r"[\w./-]*[\w-]\.(?:md|pdf)\b")


@dataclass(frozen=True)
class Field:
    """A value that is typed once for all clients before messages are made from a template.

    An optional field may stay empty: the paragraph or item around it is then left out.
    """

    name: str
    hint: str = ""
    default: str = ""
    optional: bool = False


@dataclass(frozen=True)
class AttachmentLine:
    """A line under “Attachments”. `path` is the file it names; a line without one is only
    information.

    An item of `attachments:` in the front matter always refers to a file: `path` is all of it.
    """

    text: str
    path: str | None = None

    @property
    def slug(self) -> str:
        """The name of the file without folder and extension."""
        return self.whole.rsplit("/", 1)[-1]

    @property
    def whole(self) -> str:
        """The path without extension."""
        return re.sub(r"\.(?:md|pdf)$", "", self.path or "")

    @property
    def day(self) -> date | None:
        """The date in the path of a file, by which reports are found too."""
        is_file = _PATH.fullmatch(self.path or "") is not None
        return date_in(self.slug.replace("_", "-")) if is_file else None


@dataclass(frozen=True)
class Template:
    """`body` starts on line `body_line` of the file."""

    document: Document
    subject: str
    body: str
    body_line: int
    audience: Audience
    fields: tuple[Field, ...]
    attachments: tuple[AttachmentLine, ...]

    @property
    def slug(self) -> str:
        return self.document.slug

    @property
    def title(self) -> str:
        return self.document.title

    @cached_property
    def asked(self) -> list[Field]:
        """The fields to fill in: the declared ones, and placeholders without an automatic value."""
        declared = {key_of(field.name): field for field in self.fields}
        names = {each.key: Field(each.name) for each in self.placeholders}
        undeclared = (
            n for key, n in names.items() if key not in declared and not fills_itself(key)
        )
        return [*self.fields, *undeclared]

    @property
    def optional(self) -> frozenset[str]:
        return frozenset(key_of(field.name) for field in self.fields if field.optional)

    def filled(self, values: Mapping[str, str]) -> str:
        """The body with its placeholders filled, as `fill_body` does."""
        known = with_aliases(values)
        empty = {key for key in self.optional if not known.get(key, "").strip()}
        return fill_body(without_empty(self.body, empty), values)

    @cached_property
    def placeholders(self) -> list[Placeholder]:
        """The placeholders of subject and body, each name once."""
        every = [
            *placeholders_in_line(self.subject),
            *placeholders_in(self.body, start_line=self.body_line),
        ]
        return list({each.key: each for each in reversed(every)}.values())[::-1]


def template_of(document: Document) -> Template:
    """Raises Invalid, naming the file, when the front matter contains an invalid value."""
    meta = document.meta
    body, line, attachments = document.body, document.body_line, _attachment_lines(document)
    if "subject" not in meta:
        body, line = _between_rules(body, line)
    return Template(
        document=document,
        subject=str(meta.get("subject") or field_line(document.body, "Subject") or "").strip(),
        body=body.strip("\n"),
        body_line=line,
        audience=_audience(document),
        fields=tuple(_field(each, document) for each in _list(meta.get("fields"))),
        attachments=attachments,
    )


def _between_rules(body: str, line: int) -> tuple[str, int]:
    """The text between the first and the last rule; without rules all but the known lines."""
    lines = split_lines(body)
    rules = [block.line for block in scan(body).children if block.kind == "rule"]
    if len(rules) > 1:
        lines, first = lines[rules[0] + 1 : rules[-1]], rules[0] + 1
    else:
        first = rules[0] + 1 if rules else 0
        rest = _ATTACHMENTS.split("\n".join(lines[first:]))[0]
        lines = split_lines(_SUBJECT.sub("", rest))
    blank = next((at for at, text in enumerate(lines) if text.strip()), 0)
    return "\n".join(lines[blank:]), line + first + blank


def _attachment_lines(document: Document) -> tuple[AttachmentLine, ...]:
    if "attachments" in document.meta:
        named = (_item(str(each)) for each in _list(document.meta["attachments"]))
        return tuple(dict.fromkeys(named))
    found = attachments_in(document.body)
    return found[1] if found else ()


def attachments_in(body: str) -> tuple[int, tuple[AttachmentLine, ...]] | None:
    """The offset of their heading in a text, and what it lists; None without a heading."""
    heading = _ATTACHMENTS.search(body)
    if not heading:
        return None
    tree = scan(body[heading.end() :])
    listed = next((block for block in tree.children if block.kind == "list"), None)
    items = listed.children if listed else []
    words = (" ".join(t for b in item.walk() for t in b.text) for item in items)
    return heading.start(), tuple(_attachment_line(text) for text in words)


def _item(text: str) -> AttachmentLine:
    path = _PATH.search(text)
    return AttachmentLine(text, path[0] if path else text.strip())


def _attachment_line(text: str) -> AttachmentLine:
    path = _PATH.search(text)
    return AttachmentLine(text, path[0] if path else REPORT if text.strip() == REPORT else None)


def _audience(document: Document) -> Audience:
    given = str(document.meta.get("audience") or Audience.CLIENTS)
    try:
        return Audience(given)
    except ValueError:
        allowed = ", ".join(Audience)
        raise Invalid(f"{document.name}: the audience “{given}” is none of {allowed}.") from None


def _field(given: Any, document: Document) -> Field:
    if isinstance(given, str) and given.strip():
        return Field(given.strip())
    if isinstance(given, dict) and given.get("name"):
        optional = given.get("optional", False)
        if not isinstance(optional, bool):
            raise Invalid(f"{document.name}: optional is yes or no.")
        name, hint, default = (str(given.get(key) or "") for key in ("name", "hint", "default"))
        return Field(name, hint, default, optional)
    raise Invalid(f"{document.name}: a field is a name, or has a name, a hint and a default.")


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]
