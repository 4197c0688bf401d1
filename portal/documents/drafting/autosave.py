"""Drafts as the page for writing keeps them: by its button, by itself, and over at publishing.

A page names itself and the words that it shows. Words of the same person that it never showed are
never overwritten and never erased: what it sends is then kept apart from them.
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
from portal.documents.drafting.state import Sheet, is_new_text, proposed_slug
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.sources import current_source
from portal.documents.writing import Writing


def keep_words(kind: DocumentKind, sheet: Sheet, *, by: Account) -> DocumentDraft:
    """As they are, whatever they say; a text without an address is kept under its page's name.

    What the draft was written from stays as it was, so that somebody else's text is seen later.
    The caller commits. Raises Invalid for no text, and for one that is too large.
    """
    place = place_for(
        kind, _place_of(kind, sheet, by=by), page=sheet.page, known=sheet.known, by=by
    )
    there = draft_of(kind, place, by=by)
    return _save(kind, place, sheet, opened=there.base_sha256 if there else sheet.opened, by=by)


def save_words(writing: Writing, sheet: Sheet, *, by: Account) -> DocumentDraft:
    """Under the address of its document; a draft of another address moves along.

    The caller commits. Raises Invalid for what `save_draft` refuses, and without an address.
    """
    kind, slug = writing.kind, sheet.slug or proposed_slug(writing, sheet.text)
    if APART in slug and current_source(kind, slug) is None:
        check_slug(slug)
    place = place_for(kind, slug, page=sheet.page, known=sheet.known, by=by)
    draft = _save(kind, place, sheet, opened=sheet.opened, by=by)
    if sheet.drafted_as != place:
        _end(kind, sheet.drafted_as, sheet, by=by)
    _end_of_page(kind, sheet, but=draft, by=by)
    return draft


def end_drafts(kind: DocumentKind, slug: str, sheet: Sheet, *, by: Account) -> None:
    """The words of the sheet are published at that address; the caller commits."""
    for place in {slug, sheet.drafted_as}:
        _end(kind, place, sheet, by=by)
    _end_of_page(kind, sheet, but=None, by=by)


def is_apart(draft: DocumentDraft) -> bool:
    """Whether other words of the same person stand at the document's own place."""
    return bool(draft.slug.partition(APART)[0]) and APART in draft.slug


def draft_label(draft: DocumentDraft) -> str:
    """What a person knows the draft by."""
    slug, apart, _ = draft.slug.partition(APART)
    if slug:
        return f"{slug}, words from another page" if apart else slug
    try:
        return parse_document(draft.source, "new").title or "Without a title"
    except Invalid:
        return "Without a title"


def _place_of(kind: DocumentKind, sheet: Sheet, *, by: Account) -> str:
    if sheet.drafted_as and draft_of(kind, sheet.drafted_as, by=by):
        return sheet.drafted_as
    return place_apart("", sheet.page) if is_new_text(kind, sheet) else sheet.slug


def _save(
    kind: DocumentKind, place: str, sheet: Sheet, *, opened: str | None, by: Account
) -> DocumentDraft:
    return save_draft(
        kind,
        place,
        sheet.text,
        opened=opened,
        by=by,
        note=sheet.note,
        address=sheet.slug,
        page=sheet.page,
    )


def _end(kind: DocumentKind, place: str, sheet: Sheet, *, by: Account) -> None:
    draft = draft_of(kind, place, by=by) if place else None
    if draft and is_seen(draft, page=sheet.page, known=sheet.known):
        discard_draft(kind, place, by=by)
        db.session.flush()


def _end_of_page(
    kind: DocumentKind, sheet: Sheet, *, but: DocumentDraft | None, by: Account
) -> None:
    """What this very page kept by itself, wherever: it may not have heard of its last answer."""
    for draft in drafts_of(kind, by=by):
        if sheet.page and draft.page == sheet.page and draft is not but:
            discard_draft(kind, draft.slug, by=by)
    db.session.flush()
