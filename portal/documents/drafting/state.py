"""The state of the editor page: the text, the version it is based on, conflicting edits."""

from dataclasses import dataclass, field, replace
from secrets import token_hex

from portal.accounts.models import Account
from portal.core.errors import Invalid, NotFound
from portal.documents.document import parse_document
from portal.documents.drafting.drafts import APART, draft_of, others_at_work
from portal.documents.drafting.naming import BadAddress
from portal.documents.fields.sheet import Sheet, Unfit, read_sheet
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.comparison import Comparison, compare
from portal.documents.publishing.publish import normalised
from portal.documents.publishing.sources import Source, current_source
from portal.documents.publishing.versions import version_numbered, versions_of
from portal.documents.writing import EditableKind, Finding, Preview, Viewpoint

SOURCE = "source"


@dataclass(frozen=True)
class EditedText:
    """A text in the editor. `slug` may be empty for a new text; `opened` is the SHA-256 of the
    version it is based on; `viewpoint` names the reader of the preview. `page` is the id of the
    editor page, `known` the SHA-256 of the draft that this page shows.

    `view` is “source” if the page shows the source. If it shows fields, `text` has what was typed
    into them, `base` is the text that they were read from, and `values` is what was typed.
    """

    slug: str
    text: str
    opened: str | None = None
    note: str = ""
    viewpoint: str = ""
    drafted_as: str = ""
    page: str = ""
    known: str = ""
    view: str = ""
    base: str = ""
    values: dict[str, str] | None = None

    @property
    def to_be_read_again(self) -> "EditedText":
        """For a page that reads its fields from the text again."""
        return replace(self, base="", values=None)


@dataclass(frozen=True)
class PreviewState:
    """A preview, or the `key` of its ticket while it is being made."""

    preview: Preview | None = None
    findings: list[Finding] = field(default_factory=list)
    key: str | None = None


@dataclass(frozen=True)
class EditorState:
    """The data of the editor page.

    `clash` compares the current document with the text; it is set when the document has changed
    since the text was opened. `is_saved`: the page can be left without losing text. `pending` is
    the key of the preview's ticket while the preview is being made. Without a `sheet` the page
    shows the source; `unfit` says why it can't show fields.
    """

    edited: EditedText
    is_new: bool
    heading: str
    viewpoints: list[Viewpoint]
    preview: Preview | None
    findings: list[Finding]
    pending: str | None = None
    draft: DocumentDraft | None = None
    others: list[str] = field(default_factory=list)
    current: Source | None = None
    clash: Comparison | None = None
    is_saved: bool = True
    page: str = field(default_factory=lambda: token_hex(8))
    sheet: Sheet | None = None
    unfit: str = ""

    @property
    def viewpoint(self) -> Viewpoint:
        return viewpoint_named(self.viewpoints, self.edited.viewpoint)

    @property
    def errors(self) -> int:
        return sum(not finding.is_note for finding in self.findings)


def opened_text(
    writing: EditableKind, slug: str, *, by: Account, version: int | None = None
) -> EditedText:
    """The text to edit: the requested version, else this person's draft, else the current text.

    Raises NotFound if there is none of them.
    """
    current = current_source(writing.kind, slug)
    opened = current.sha256 if current else None
    if version is not None:
        return EditedText(slug, version_numbered(writing.kind, slug, version).text, opened)
    if draft := draft_of(writing.kind, slug, by=by):
        return _text_of_draft(draft)
    if current:
        return EditedText(slug, current.text, opened)
    if latest := next(iter(versions_of(writing.kind, slug)), None):
        return EditedText(slug, latest.text)
    if APART in slug:
        raise NotFound("This draft is gone: it was published, discarded, or 30 days old.")
    raise NotFound(f"There is no {writing.noun} named {slug!r}.")


def _text_of_draft(draft: DocumentDraft) -> EditedText:
    return EditedText(
        slug=draft.slug.partition(APART)[0] or draft.address or "",
        text=draft.source,
        opened=draft.base_sha256,
        note=draft.note or "",
        drafted_as=draft.slug,
        known=draft.sha256,
    )


def is_new_text(kind: DocumentKind, edited: EditedText) -> bool:
    """Whether its address may still be chosen: no document had it when the text was opened."""
    if edited.opened is not None:
        return False
    return bool(current_source(kind, edited.slug)) or not versions_of(kind, edited.slug)


def editor_state(
    writing: EditableKind,
    edited: EditedText,
    viewpoints: list[Viewpoint],
    seen: PreviewState,
    *,
    by: Account,
    is_saved: bool = True,
) -> EditorState:
    """The editor page's data. The heading is the text's own title once a preview exists."""
    kind, current = writing.kind, current_source(writing.kind, edited.slug) if edited.slug else None
    preview, clash = seen.preview, None
    if current and current.sha256 != edited.opened:
        clash = compare(_text_of(current), edited.text)
    sheet, unfit = sheet_of(writing, edited)
    return EditorState(
        edited=edited,
        sheet=sheet,
        unfit=unfit,
        is_new=is_new_text(kind, edited),
        heading=(preview.title if preview else "") or _title_in(sheet) or edited.slug,
        viewpoints=viewpoints,
        preview=preview,
        findings=seen.findings,
        pending=seen.key,
        draft=draft_of(kind, edited.drafted_as or edited.slug, by=by),
        others=others_at_work(kind, edited.slug, besides=by) if edited.slug else [],
        current=current,
        clash=clash,
        is_saved=is_saved,
        page=edited.page or token_hex(8),
    )


def _title_in(sheet: Sheet | None) -> str:
    return sheet.values.get("title", "") if sheet else ""


def sheet_of(writing: EditableKind, edited: EditedText) -> tuple[Sheet | None, str]:
    """The fields of the text, or why it has none; neither for a page that shows the source."""
    if edited.view == SOURCE:
        return None, ""
    text = edited.text if edited.values is None else edited.base
    try:
        return read_sheet(writing.fields, text, edited.slug), ""
    except Unfit as error:
        return None, error.sentence


def proposed_slug(writing: EditableKind, text: str) -> str:
    """Raises BadAddress, which is Invalid, if the text has no title to make one from."""
    slug = writing.name(parse_document(normalised(text), "new"))
    if not slug:
        raise BadAddress("Give the text a title, or choose an address for it.")
    return slug


def viewpoint_named(viewpoints: list[Viewpoint], key: str) -> Viewpoint:
    """The viewpoint with that key, else the first, which has the widest view."""
    return next((viewpoint for viewpoint in viewpoints if viewpoint.key == key), viewpoints[0])


def _text_of(source: Source) -> str:
    try:
        return source.text
    except Invalid:
        return ""
