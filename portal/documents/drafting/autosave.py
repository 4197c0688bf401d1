"""Drafts of the editor page: saved by its button, autosaved, and ended by publishing.

A page sends an id of its own and the hash of the draft it shows. A draft of the same person that
the page never showed is never overwritten or deleted: the new text is saved as a separate draft.
"""

from portal.accounts.models import Account
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.documents.document import parse_document
from portal.documents.drafting.drafts import (
    APART,
    discard_draft,
    draft_of,
    drafts_of,
    is_seen,
    place_apart,
    place_for,
    save_draft,
)
from portal.documents.drafting.naming import check_slug
from portal.documents.drafting.state import EditedText, is_new_text, proposed_slug
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.sources import current_source
from portal.documents.writing import EditableKind


def autosave_text(kind: DocumentKind, edited: EditedText, *, by: Account) -> DocumentDraft:
    """Autosave the text even if it has problems; one without an address is saved under its page's
    id.

    The version it was written from is kept, so that a conflicting edit is detected later. The
    caller commits. Raises Invalid for an empty text, and for one that is too large.
    """
    place = place_for(
        kind, _place_of(kind, edited, by=by), page=edited.page, known=edited.known, by=by
    )
    there = draft_of(kind, place, by=by)
    return _save(kind, place, edited, opened=there.base_sha256 if there else edited.opened, by=by)


def save_text(writing: EditableKind, edited: EditedText, *, by: Account) -> DocumentDraft:
    """Save the text under its document's address; a draft under another address moves there.

    The caller commits. Raises Invalid as `save_draft` does, and when there is no address.
    """
    kind, slug = writing.kind, edited.slug or proposed_slug(writing, edited.text)
    if APART in slug and current_source(kind, slug) is None:
        check_slug(slug)
    place = place_for(kind, slug, page=edited.page, known=edited.known, by=by)
    draft = _save(kind, place, edited, opened=edited.opened, by=by)
    if edited.drafted_as != place:
        _end(kind, edited.drafted_as, edited, by=by)
    _end_of_page(kind, edited, but=draft, by=by)
    return draft


def end_drafts(kind: DocumentKind, slug: str, edited: EditedText, *, by: Account) -> None:
    """End the drafts of a text that was published at `slug`; the caller commits."""
    for place in {slug, edited.drafted_as}:
        _end(kind, place, edited, by=by)
    _end_of_page(kind, edited, but=None, by=by)


def is_apart(draft: DocumentDraft) -> bool:
    """Whether this draft is stored apart from the person's main draft of the document."""
    return bool(draft.slug.partition(APART)[0]) and APART in draft.slug


def draft_label(draft: DocumentDraft) -> str:
    """The draft's label for its author."""
    slug, apart, _ = draft.slug.partition(APART)
    if slug:
        return f"{slug}, words from another page" if apart else slug
    try:
        return parse_document(draft.source, "new").title or "Without a title"
    except Invalid:
        return "Without a title"


def _place_of(kind: DocumentKind, edited: EditedText, *, by: Account) -> str:
    if edited.drafted_as and draft_of(kind, edited.drafted_as, by=by):
        return edited.drafted_as
    return place_apart("", edited.page) if is_new_text(kind, edited) else edited.slug


def _save(
    kind: DocumentKind, place: str, edited: EditedText, *, opened: str | None, by: Account
) -> DocumentDraft:
    return save_draft(
        kind,
        place,
        edited.text,
        opened=opened,
        by=by,
        note=edited.note,
        address=edited.slug,
        page=edited.page,
    )


def _end(kind: DocumentKind, place: str, edited: EditedText, *, by: Account) -> None:
    draft = draft_of(kind, place, by=by) if place else None
    if draft and is_seen(draft, page=edited.page, known=edited.known):
        discard_draft(kind, place, by=by)
        db.session.flush()


def _end_of_page(
    kind: DocumentKind, edited: EditedText, *, but: DocumentDraft | None, by: Account
) -> None:
    """End the drafts this page autosaved under any slug: it may have missed the last response."""
    for draft in drafts_of(kind, by=by):
        if edited.page and draft.page == edited.page and draft is not but:
            discard_draft(kind, draft.slug, by=by)
    db.session.flush()
