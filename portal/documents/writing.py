"""What the pages for writing must know of a kind of document. Each feature describes its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from portal.accounts.models import Account, Role
from portal.core.errors import Invalid, Refusal, Refused
from portal.documents.audiences.audience import Reader
from portal.documents.document import Document
from portal.documents.models import DocumentKind
from portal.documents.rendering.render import Rendered

_PLACE = re.compile(r"(.*?\.md), line (\d+): (.*)", re.S)


@dataclass(frozen=True)
class Finding:
    """Something to fix on a line of the file; a note only wants to be known. `asks_for_upload`: of
    a picture that would be shown if it were uploaded."""

    line: int
    message: str
    is_note: bool = False
    asks_for_upload: bool = False


@dataclass(frozen=True)
class Seat:
    """From where a preview is seen: `label` says whose eyes it is seen through."""

    key: str
    label: str
    reader: Reader


@dataclass(frozen=True)
class Preview:
    """A text as one reader would see it. `hidden` says why that reader sees nothing, `failed` why
    there is no preview."""

    title: str
    rendered: Rendered | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    hidden: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Known:
    """What a look at a text asks of the databases, gathered before it: the look asks none.

    `clients` are the slugs of organisations; `is_shared` says that an earlier text is shared;
    `reports` are slug and day of each report, where the text may name some.
    """

    clients: frozenset[str] = frozenset()
    is_shared: bool = False
    reports: tuple[tuple[str, date | None], ...] = ()


@dataclass(frozen=True)
class Look:
    """A text looked at once: as its reader sees it, and what should be fixed in it."""

    preview: Preview
    findings: list[Finding]


@dataclass(frozen=True)
class Outward:
    """A text that people outside of the staff will read, or read already in an earlier version.

    `readers` are “3 clients, 5 people”; `problems` must be fixed first; `key` is what somebody
    confirms: this text, for these readers. With `is_shared` they read an earlier version until this
    one is shared. `shown_in` is the template that says it, `details` what it needs.
    """

    readers: str
    problems: list[Finding]
    key: str
    is_shared: bool
    shown_in: str
    details: object


class Readers:
    """What the pages for writing ask where a kind of document has readers outside of the staff."""

    def before(self, document: Document, source: str) -> Outward | None:
        """None where staff alone read the text once it is published."""
        return None

    def after(self, slug: str, source: str, *, share: bool, by: Account) -> None:
        """In the transaction in which it is published; `share` lets its readers see it."""

    def gone(self, slug: str, *, by: Account) -> None:
        """In the transaction after which nothing is shown at that address."""


@dataclass(frozen=True)
class Writing:
    """How documents of a kind are written.

    `noun` and `plural` are what pages call them; `starters` is a folder of texts to begin with;
    `seats` come with the widest view first; `look` gets the document, the whole file's text, and
    what `known` gathered of everything else: it runs in a process that has no databases, and leaves
    the keys of pictures to whoever shows it;
    `name` proposes a slug, or nothing where the text does not say enough yet.
    `shown_at` is the endpoint of a document's page, which takes its slug.
    """

    kind: DocumentKind
    noun: str
    plural: str
    roles: tuple[Role, ...]
    starters: Path
    shown_at: str
    listed_at: str
    seats: Callable[[], list[Seat]]
    look: Callable[[Document, str, Reader, Known], Look]
    known: Callable[[str, str], Known]
    name: Callable[[Document], str]
    readers: Readers = field(default_factory=Readers)


def problem_words(problems: list[Finding]) -> str:
    """“2 problems stand in it: line 3: … line 9: …”."""
    named = " ".join(f"Line {each.line}: {each.message}" for each in problems)
    one = len(problems) == 1
    return f"{'1 problem stands' if one else f'{len(problems)} problems stand'} in it. {named}"


class ProblemsStand(Refused):
    """Nobody outside of the staff reads a text in which something must be fixed first."""

    def __init__(
        self, sentence: str, problems: list[Finding], *, refusal: Refusal | None = None
    ) -> None:
        count = "1 problem stands" if len(problems) == 1 else f"{len(problems)} problems stand"
        super().__init__(f"{sentence}: {count} in it.", refusal=refusal)
        self.problems = problems


def unreadable(error: Invalid) -> Finding:
    """Why a text can't be read at all, as a finding."""
    found = _PLACE.fullmatch(error.sentence)
    return Finding(int(found[2]), found[3]) if found else Finding(1, str(error))
