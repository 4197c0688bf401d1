"""Drafts: what one person has written and not yet published. Nobody else reads them."""

from datetime import timedelta
from secrets import token_hex

from sqlalchemy import delete, select

from portal.accounts.models import Account
from portal.core.clock import now
from portal.core.errors import Invalid
from portal.core.storage.database import db
from portal.documents.drafting.naming import check_slug
from portal.documents.models import DocumentDraft, DocumentKind
from portal.documents.publishing.publish import tidy
from portal.documents.publishing.sources import current_source

RECENT = timedelta(days=14)
KEPT = timedelta(days=30)
#: Between a document's slug and the page whose words stand apart.
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
    """Keep a text to come back to; one for each document and person. The caller commits.

    `opened` is the SHA-256 of the file that it was written from, so that publishing it later is
    refused when somebody else was faster. Raises Invalid for a name that no document can have.
    """
    text = tidy(text)
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
    """Whether that page wrote these words, or shows them. One that does not say so is not asked."""
    return not page or draft.page == page or draft.sha256 == known


def place_for(kind: DocumentKind, slug: str, *, page: str, known: str, by: Account) -> str:
    """That slug, or a place apart where words stand that this page has not seen."""
    draft = draft_of(kind, slug, by=by)
    if draft is None or is_seen(draft, page=page, known=known):
        return slug
    return place_apart(slug, page)


def place_apart(slug: str, page: str) -> str:
    return f"{slug.partition(APART)[0]}{APART}{page or token_hex(8)}"


def forget_old_drafts() -> None:
    """What nobody has touched for 30 days; the caller commits."""
    db.session.execute(delete(DocumentDraft).where(DocumentDraft.saved_at < now() - KEPT))


def discard_draft(kind: DocumentKind, slug: str, *, by: Account) -> None:
    """Harmless where there is none."""
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
    """Of one person, the last saved first."""
    query = select(DocumentDraft).where(
        DocumentDraft.kind == kind, DocumentDraft.account_id == by.id
    )
    return list(db.session.scalars(query.order_by(DocumentDraft.saved_at.desc())))


def others_at_work(kind: DocumentKind, slug: str, *, besides: Account) -> list[str]:
    """Names of those who have saved a draft of this document within two weeks."""
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
