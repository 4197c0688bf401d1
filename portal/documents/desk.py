"""What the page for writing shows: the text, what it was written from, and whoever was faster."""

from dataclasses import dataclass, field

from portal.accounts.models import Account
from portal.core.errors import Invalid, NotFound
from portal.documents.comparison import Comparison, compare
from portal.documents.document import parse_document
from portal.documents.drafts import draft_of, others_at_work
from portal.documents.models import DocumentDraft
from portal.documents.publishing import tidy
from portal.documents.sources import Source, current_source
from portal.documents.versions import version_numbered, versions_of
from portal.documents.writing import Finding, Preview, Seat, Writing, unreadable


@dataclass(frozen=True)
class Sheet:
    """What somebody writes. `slug` may be empty while it is new; `opened` is the SHA-256 of what
    it was written from; `seat` names whose eyes the preview is seen through."""

    slug: str
    text: str
    opened: str | None = None
    note: str = ""
    seat: str = ""
    drafted_as: str = ""


@dataclass(frozen=True)
class Desk:
    """`clash` is set when the document is no longer what the text was written from: what is there
    now, held against the text. `is_saved` says that the text can be left without loss."""

    sheet: Sheet
    is_new: bool
    heading: str
    seats: list[Seat]
    preview: Preview | None
    findings: list[Finding]
    draft: DocumentDraft | None = None
    others: list[str] = field(default_factory=list)
    current: Source | None = None
    clash: Comparison | None = None
    is_saved: bool = True

    @property
    def seat(self) -> Seat:
        return seat_named(self.seats, self.sheet.seat)

    @property
    def errors(self) -> int:
        return sum(not finding.is_note for finding in self.findings)


def opened_sheet(writing: Writing, slug: str, *, by: Account, version: int | None = None) -> Sheet:
    """To go on with: a version asked for, else this person's draft, else what is there.

    Raises NotFound where there is none of them.
    """
    current = current_source(writing.kind, slug)
    opened = current.sha256 if current else None
    if version is not None:
        return Sheet(slug, version_numbered(writing.kind, slug, version).source, opened)
    if draft := draft_of(writing.kind, slug, by=by):
        return Sheet(slug, draft.source, draft.base_sha256, drafted_as=slug)
    if current:
        return Sheet(slug, current.text, opened)
    if latest := next(iter(versions_of(writing.kind, slug)), None):
        return Sheet(slug, latest.source)
    raise NotFound(f"There is no {writing.noun} named {slug!r}.")


def desk_for(writing: Writing, sheet: Sheet, *, by: Account, is_saved: bool = True) -> Desk:
    """Everything but HTML."""
    kind, current = writing.kind, current_source(writing.kind, sheet.slug) if sheet.slug else None
    seats = writing.seats()
    preview, findings = looked_at(writing, sheet, seats)
    is_new = sheet.opened is None and not (current is None and _was_published(writing, sheet.slug))
    clash = None
    if current and current.sha256 != sheet.opened:
        clash = compare(_text_of(current), sheet.text)
    return Desk(
        sheet=sheet,
        is_new=is_new,
        heading=(preview.title if preview else "") or sheet.slug,
        seats=seats,
        preview=preview,
        findings=findings,
        draft=draft_of(kind, sheet.drafted_as or sheet.slug, by=by),
        others=others_at_work(kind, sheet.slug, besides=by) if sheet.slug else [],
        current=current,
        clash=clash,
        is_saved=is_saved,
    )


def looked_at(
    writing: Writing, sheet: Sheet, seats: list[Seat]
) -> tuple[Preview | None, list[Finding]]:
    """The text through one reader's eyes, and what should be mended in it."""
    slug = sheet.slug or "new"
    try:
        text = tidy(sheet.text)
        reader = seat_named(seats, sheet.seat).reader
        look = writing.look(parse_document(text, slug), text, reader)
        return look.preview, look.findings
    except Invalid as error:
        return None, [unreadable(error)]


def proposed_slug(writing: Writing, text: str) -> str:
    """Raises Invalid where the text does not say enough yet."""
    slug = writing.name(parse_document(tidy(text), "new"))
    if not slug:
        raise Invalid("Give the text a title, or choose an address for it.")
    return slug


def seat_named(seats: list[Seat], key: str) -> Seat:
    """The widest view where that key is none of them."""
    return next((seat for seat in seats if seat.key == key), seats[0])


def _was_published(writing: Writing, slug: str) -> bool:
    return bool(slug and versions_of(writing.kind, slug))


def _text_of(source: Source) -> str:
    try:
        return source.text
    except Invalid:
        return ""
