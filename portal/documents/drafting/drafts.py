"""Drafts: unpublished texts, visible only to their author."""

from datetime import timedelta
from secrets import token_hex

from sqlalchemy import delete, select

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.documents.drafting.naming import check_slug
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.publish import normalised
from portal.documents.publishing.sources import current_source

RECENT = timedelta(days=14)
KEPT = timedelta(days=30)
#: Separates a document's slug from the id of the page whose draft is stored apart.
APART = "~"


def save_draft(
    kind: DocumentKind,
    slug: str,
    text: str,
    *,
    opened: str | None,
    by: Account,
    note: str = "",
    address: str = "",
    page: str = "",
) -> DocumentDraft:
    """Save a draft; there is one for each document and person. The caller commits.

    `opened` is the SHA-256 of the file that it was written from: publishing is refused later if the
    file has changed since. Raises Invalid for a slug that no document can have.
    """
    text = normalised(text)
    if APART not in slug and current_source(kind, slug) is None and opened is None:
        check_slug(slug)
    if not text.strip():
        raise Invalid("There is no text to save.")
    draft = draft_of(kind, slug, by=by)
    if draft is None:
        draft = DocumentDraft(kind=kind, slug=slug, account_id=by.id)
        db.session.add(draft)
    draft.source, draft.base_sha256, draft.saved_at = text, opened, now()
    draft.note, draft.address, draft.page = note, address, page
    db.session.flush()
    return draft


def is_seen(draft: DocumentDraft, *, page: str, known: str) -> bool:
    """Whether that page saved this draft or shows it. True for a request without a page id."""
    return not page or draft.page == page or draft.sha256 == known


def place_for(kind: DocumentKind, slug: str, *, page: str, known: str, by: Account) -> str:
    """`slug`, or a separate place if a draft that this page has not seen is stored there."""
    draft = draft_of(kind, slug, by=by)
    if draft is None or is_seen(draft, page=page, known=known):
        return slug
    return place_apart(slug, page)


def place_apart(slug: str, page: str) -> str:
    return f"{slug.partition(APART)[0]}{APART}{page or token_hex(8)}"


def forget_old_drafts() -> None:
    """Delete drafts not saved for 30 days; the caller commits."""
    db.session.execute(delete(DocumentDraft).where(DocumentDraft.saved_at < now() - KEPT))


def discard_draft(kind: DocumentKind, slug: str, *, by: Account) -> None:
    """Does nothing if there is no such draft."""
    if draft := draft_of(kind, slug, by=by):
        db.session.delete(draft)


def draft_of(kind: DocumentKind, slug: str, *, by: Account) -> DocumentDraft | None:
    return db.session.scalar(
        select(DocumentDraft).where(
            DocumentDraft.kind == kind,
            DocumentDraft.slug == slug,
            DocumentDraft.account_id == by.id,
        )
    )


def drafts_of(kind: DocumentKind, *, by: Account) -> list[DocumentDraft]:
    """The drafts of one person, last saved first."""
    query = select(DocumentDraft).where(
        DocumentDraft.kind == kind, DocumentDraft.account_id == by.id
    )
    return list(db.session.scalars(query.order_by(DocumentDraft.saved_at.desc())))


def others_at_work(kind: DocumentKind, slug: str, *, besides: Account) -> list[str]:
    """Names of other people who saved a draft of this document in the last two weeks."""
    query = (
        select(Account.name)
        .join(DocumentDraft, DocumentDraft.account_id == Account.id)
        .where(
            DocumentDraft.kind == kind,
            DocumentDraft.slug == slug,
            DocumentDraft.account_id != besides.id,
            DocumentDraft.saved_at > now() - RECENT,
        )
        .order_by(Account.name)
    )
    return list(db.session.scalars(query))
