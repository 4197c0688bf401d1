"""The interface of a kind of document to the editor pages. Each feature describes its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from portal.accounts.models import Account, Role
from portal.core.errors import Invalid, Refusal, Refused
from portal.documents.audiences.audience import Reader
from portal.documents.document import Document
from portal.documents.fields.definition import FieldSet
from portal.documents.models import DocumentKind
from portal.documents.rendering.render import Rendered

_PLACE = re.compile(r"(.*?\.md), line (\d+): (.*)", re.S)


@dataclass(frozen=True)
class Finding:
    """A problem on a line of the file, or with `is_note` a remark. `asks_for_upload`: an image that
    would be shown if it were uploaded.
    """

    line: int
    message: str
    is_note: bool = False
    asks_for_upload: bool = False


@dataclass(frozen=True)
class Viewpoint:
    """A point of view for the preview; `label` names the reader."""

    key: str
    label: str
    reader: Reader


@dataclass(frozen=True)
class Preview:
    """A text as one reader would see it. `hidden` says why that reader sees nothing, `failed` why
    there is no preview.
    """

    title: str
    rendered: Rendered | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    hidden: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class PreviewFacts:
    """What a preview needs from the databases, read beforehand: the preview itself queries none.

    `clients` are the slugs of organisations; `is_shared` says that an earlier text is shared;
    `reports` are slug and date of each report, if the text may name some.
    """

    clients: frozenset[str] = frozenset()
    is_shared: bool = False
    reports: tuple[tuple[str, date | None], ...] = ()


@dataclass(frozen=True)
class PreviewResult:
    """The result of a preview: the text as its reader sees it, and what should be fixed in it."""

    preview: Preview
    findings: list[Finding]


@dataclass(frozen=True)
class OutsideReaders:
    """A text that people outside of the staff will read, or read already in an earlier version.

    `readers` is text such as “3 clients, 5 people”; `problems` must be fixed first; `key`
    identifies what is confirmed: this text, for these readers. With `is_shared` they read an
    earlier version until this one is shared. `shown_in` is the template that says it, `details` its
    variables.
    """

    readers: str
    problems: list[Finding]
    key: str
    is_shared: bool
    shown_in: str
    details: object


class ReaderHooks:
    """Hooks for a kind of document with readers outside of the staff."""

    def before(self, document: Document, source: str) -> OutsideReaders | None:
        """None if only staff will read the text once it is published."""
        return None

    def after(self, slug: str, source: str, *, share: bool, by: Account) -> None:
        """Called in the transaction that publishes the text; `share` lets its readers see it."""

    def gone(self, slug: str, *, by: Account) -> None:
        """Called in the transaction after which no document is shown at that address."""


@dataclass(frozen=True)
class EditableKind:
    """How documents of a kind are edited.

    `noun` and `plural` are their names on pages; `starters` is a folder of starter texts;
    `viewpoints` lists the widest view first; `preview_of` gets the document, the whole file's text,
    and what `known` read from elsewhere: it runs in a process without databases, and leaves image
    keys to the caller; `name` proposes a slug, or nothing if the text does not say enough yet.
    `fields` are those in which it is written, beside its source.
    `shown_at` is the endpoint of a document's page, which takes its slug.
    """

    kind: DocumentKind
    noun: str
    plural: str
    roles: tuple[Role, ...]
    starters: Path
    shown_at: str
    listed_at: str
    viewpoints: Callable[[], list[Viewpoint]]
    preview_of: Callable[[Document, str, Reader, PreviewFacts], PreviewResult]
    known: Callable[[str, str], PreviewFacts]
    name: Callable[[Document], str]
    fields: FieldSet
    readers: ReaderHooks = field(default_factory=ReaderHooks)


def problem_words(problems: list[Finding]) -> str:
    """“It has 2 problems. Line 3: … Line 9: …”."""
    named = " ".join(f"Line {each.line}: {each.message}" for each in problems)
    one = len(problems) == 1
    return f"It has {'1 problem' if one else f'{len(problems)} problems'}. {named}"


class UnsolvedProblems(Refused):
    """Refuses publication outside of the staff while a problem is unfixed."""

    def __init__(
        self, sentence: str, problems: list[Finding], *, refusal: Refusal | None = None
    ) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{sentence}: it has {count}.", refusal=refusal)
        self.problems = problems


def unreadable(error: Invalid) -> Finding:
    """A finding that says why a text can't be read at all."""
    found = _PLACE.fullmatch(error.sentence)
    return Finding(int(found[2]), found[3]) if found else Finding(1, str(error))
