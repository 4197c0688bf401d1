"""The audience of a report, as its file states it.

Only a valid statement makes a report visible outside of the staff. Anything else that may be one (a
misspelt key, two contradicting ones, unread front matter) is a doubt, and with a doubt only staff
read the report.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal.documents.audiences.audience import Audience
from portal.documents.document import Document
from portal.documents.front_matter.yaml import Key
from portal.documents.front_matter.yaml_errors import quoted
from portal.incidents.access.reader_keys import (
    AUDIENCE,
    CLIENTS,
    DRAFT,
    PUBLISHED,
    RESTRICTING,
    about_readers,
)
from portal.incidents.access.text_about_readers import (
    AudienceLine,
    audience_lines,
    foreign_fences_in,
)
from portal.incidents.parsing.values import one_line

_NAMES = re.compile(
    r"(?:readme(?:[._-].*)?|index|changelog|license|licence|contributing|todo|drafts?|examples?"
    r"|samples?|skeleton|boilerplate)$|_",
    re.I,
)
#: A date or a number in the name makes it a report about a template.
_TEMPLATE = re.compile(r"(?:[a-z]+[ ._-]){0,3}templates?(?:[ ._-][a-z]{1,10})?$", re.I)
_FOLDERS = {"template", "templates", "draft", "drafts", "example", "examples"}

#: The audience without a statement: only a valid statement extends it beyond staff.
DEFAULT_AUDIENCE = Audience.INTERNAL
ALONE = "clients: the report names clients but does not say “audience: clients”."
_ALLOWED = "must be public, clients or internal"
#: Keys whose values may be any text.
_FREE = {"title", "summary", "affected", "prepared-by", "internal-words", "audience", "clients"}
_DRAFTS = ("draft", "unpublished", "wip", "private", "internal", "confidential", "hidden")


@dataclass(frozen=True)
class FactProblem:
    """`place` is the path in the front matter: a key, and the index of an item of its list. `line`
    is the line of the file, for problems that the path does not locate.
    """

    place: tuple[str | int, ...]
    message: str
    line: int | None = None

    def __str__(self) -> str:
        return f"Line {self.line}: {self.message}" if self.line else self.message


@dataclass(frozen=True)
class Statement:
    """`audience` is the effective one. With `is_given` it comes from a valid statement; `said` is
    the statement's line if it is in the text. With doubts the audience is staff.
    """

    audience: Audience = DEFAULT_AUDIENCE
    is_given: bool = False
    clients: tuple[str, ...] = ()
    doubts: tuple[FactProblem, ...] = ()
    said: AudienceLine | None = None


def statement_of(document: Document) -> Statement:
    said = audience_lines(document)
    stated, clients, doubts = _in_front_matter(document)
    doubts += [*_of_keys(document), *_of_values(document), *_of_the_file(document)]
    doubts += [FactProblem((), message, line) for line, message in foreign_fences_in(document)]
    doubts += [FactProblem((), each.problem, each.line) for each in said if each.problem]
    understood = [each for each in said if each.audience and not each.problem]
    found = {each.audience for each in understood} | ({stated} if stated else set())
    if len(found) > 1:
        doubts.append(_contradiction(stated, understood))
    if clients and not found:
        doubts.append(FactProblem(("clients",), ALONE))
    audience = next(iter(found)) if len(found) == 1 and not doubts else None
    return Statement(
        audience=audience or Audience.INTERNAL,
        is_given=audience is not None,
        clients=clients,
        doubts=tuple(dict.fromkeys(_with_line(doubt, document) for doubt in doubts)),
        said=understood[0] if understood and not stated else None,
    )


def _with_line(doubt: FactProblem, document: Document) -> FactProblem:
    lines = (key.line for key in document.keys if key.path == doubt.place)
    return doubt if doubt.line else replace(doubt, line=next(lines, None))


def _in_front_matter(
    document: Document,
) -> tuple[Audience | None, tuple[str, ...], list[FactProblem]]:
    meta, doubts = document.meta, []
    stated: Audience | None = None
    clients: tuple[str, ...] = ()
    try:
        stated = _audience(meta["audience"]) if "audience" in meta else None
    except ValueError as error:
        doubts.append(FactProblem(("audience",), f"audience: {error}"))
    try:
        clients = _clients(meta["clients"]) if "clients" in meta else ()
    except ValueError as error:
        doubts.append(FactProblem(("clients",), f"clients: {error}"))
    return stated, clients, doubts


def _audience(value: object) -> Audience:
    if value is None or value == "":
        raise ValueError(f"the value is empty; it {_ALLOWED}.")
    word = value.strip(" \t\n").casefold() if isinstance(value, str) else ""
    if word not in list(Audience) or not word.isascii():
        raise ValueError(f"{quoted(value)} {_ALLOWED}.")
    return Audience(word)


def _clients(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items if item is not None):
        raise ValueError(f"{quoted(value)} is no list of short names such as [acme].")
    names = [part for item in items for part in str("" if item is None else item).split(",")]
    slugs = tuple(text.lower() for name in names if (text := one_line(name)))
    if not slugs or None in items:
        raise ValueError("names no client. Leave the line out when the report is for all.")
    return slugs


def _of_the_file(document: Document) -> Iterator[FactProblem]:
    if why := why_no_report(document.slug):
        yield FactProblem((), why, 1)
    for fault in document.faults:
        yield FactProblem((), fault.message, fault.line)
    if not document.body.strip() and not document.meta.get("updates"):
        yield FactProblem((), "The file has no text.", 1)


def _of_keys(document: Document) -> Iterator[FactProblem]:
    for key in document.keys:
        kind = about_readers(key.name) if isinstance(key.path[-1], str) else None
        if kind and not _is_read(key):
            yield FactProblem(key.path, _misplaced(key, kind), key.line)


def _is_read(key: Key) -> bool:
    """Whether the key is at a place and in a spelling that is read."""
    if len(key.path) == 1:
        return key.name in (AUDIENCE, CLIENTS, DRAFT, PUBLISHED)
    return len(key.path) == 3 and key.path[0] == "updates" and key.name == AUDIENCE


def _misplaced(key: Key, kind: str) -> str:
    whole = ".".join(str(part) for part in key.path)
    if len(key.path) > 1 and key.path[0] != "updates" and key.name == kind:
        return f"{quoted(whole)} is not read inside another key; begin {kind} at the left edge."
    if kind in (DRAFT, PUBLISHED) and key.name != kind:
        return f"{quoted(whole)} is not read; take it away, or write “{kind}: false” or “true”."
    write = "clients: [name]" if kind == CLIENTS else "audience: public, clients or internal"
    return f"{quoted(whole)} is not read; who reads the report is said by “{write}”."


def _of_values(document: Document) -> Iterator[FactProblem]:
    meta = document.meta
    if "draft" in meta and not _is(meta["draft"], False):
        message = f"draft: {quoted(meta['draft'])} keeps the report with staff; take the line away"
        yield FactProblem(("draft",), f"{message} once it may be read.")
    if "published" in meta and not _is(meta["published"], True):
        message = f"published: {quoted(meta['published'])} keeps the report with staff; take the"
        yield FactProblem(("published",), f"{message} line away once it may be read.")
    if any(_first_word(meta.get(key)) in _DRAFTS for key in ("status", "state")):
        message = f"status: {quoted(meta.get('status') or meta.get('state'))} keeps it with staff."
        yield FactProblem(("status",), message)
    yield from _elsewhere(meta)
    yield from _inside_other_values(document)


def _elsewhere(meta: Mapping[str, Any]) -> Iterator[FactProblem]:
    """Phrases for staff only as the value of an unrelated key."""
    for key, value in meta.items():
        items = value if isinstance(value, list) else [value]
        words = {item.strip().casefold() for item in items if isinstance(item, str)}
        if key not in _FREE and words & RESTRICTING:
            message = f"{quoted(f'{key}: {value}')} may say who reads the report; write “audience:"
            yield FactProblem((key,), f"{message} internal” or “audience: clients” in its place.")


def _is(value: object, wanted: bool) -> bool:
    words = ("true", "yes", "on") if wanted else ("false", "no", "off")
    return value is wanted or (isinstance(value, str) and value.strip().lower() in words)


def _first_word(value: object) -> str:
    words = value.casefold().split() if isinstance(value, str) else []
    return words[0].strip("*_.,;:()[]") if words else ""


def _inside_other_values(document: Document) -> Iterator[FactProblem]:
    """Lines about readers that YAML parsed as part of another value."""
    known = {key.line for key in document.keys if about_readers(key.name)}
    for line, text in enumerate(document.head.split("\n"), 2):
        name, colon, _ = text.strip(" \t-\"'").partition(":")
        if colon and line not in known and not text.lstrip().startswith("#"):
            kind = about_readers(name) if len(name) <= 30 else None
            if kind and len(name.split()) <= 2:
                message = f"{quoted(text)} is a part of the value above it; begin it at the left"
                yield FactProblem((), f"{message} edge.", line)


def _contradiction(stated: Audience | None, said: list[AudienceLine]) -> FactProblem:
    words = [f"the front matter {stated}"] if stated else []
    words += [f"line {each.line} {each.audience}" for each in said]
    message = f"Who reads the report is said in different ways: {', '.join(words)}."
    return FactProblem((), message, said[0].line)


def why_no_report(slug: str) -> str | None:
    *folders, name = slug.split("/")
    odd = next((each for each in folders if each.lower() in _FOLDERS or each.startswith("_")), None)
    if odd:
        return f"A file in the folder “{odd}” is not a report; move it to show it to others."
    if _NAMES.match(name) or _TEMPLATE.match(name):
        return f"A file named {name}.md is not a report; rename it to show it to others."
    return None
