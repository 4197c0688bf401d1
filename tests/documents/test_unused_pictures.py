"""Pictures that nothing shows any more can be named and deleted; in doubt they stay."""

import os
from hashlib import sha256

from sqlalchemy import select

from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEntry
from portal.core.clock import now
from portal.core.storage.database import db
from portal.documents.images.store import images_root
from portal.documents.images.usage import delete_pictures, unused_pictures
from portal.documents.models import DocumentDraft, DocumentKind, DocumentVersion
from tests.documents.conftest import put

DAY = 24 * 3600


def keep(words: str, *, days: float = 2) -> str:
    """A picture that was kept so many days ago; gives its Markdown."""
    name = sha256(words.encode()).hexdigest()
    images_root().mkdir(parents=True, exist_ok=True)
    path = images_root() / f"{name}.webp"
    path.write_text(words)
    at = now().timestamp() - days * DAY
    os.utime(path, (at, at))
    return f"![{words}](/documents/images/{name}.webp)"


def unused(*texts: str) -> list[str]:
    return sorted(path.read_text() for path in unused_pictures(texts))


def version(text: str) -> DocumentVersion:
    return DocumentVersion(
        kind=DocumentKind.REPORT, slug="a", number=1, source=text, sha256="", published_by="Omar"
    )


def test_what_any_text_names_is_used(app, omar, shipped, published):
    put(shipped, "a", keep("shipped"))
    put(published, "b", keep("published"))
    put(published, "emails/c", keep("template"))
    draft = DocumentDraft(
        kind=DocumentKind.REPORT, slug="a", account_id=omar.id, source=keep("draft")
    )
    db.session.add_all([draft, version(keep("version"))])
    message = keep("message")
    keep("nobody")
    assert unused(message) == ["nobody"]
    assert unused() == ["message", "nobody"]


def test_what_was_kept_today_may_stand_in_a_text_that_is_not_saved_yet(app):
    keep("new", days=0.9)
    assert unused() == []


def test_nothing_is_kept_and_nothing_unused(app):
    assert unused() == []


def test_deleted_ones_are_gone_and_in_the_log(app):
    keep("nobody")
    delete_pictures(unused_pictures(), by=SYSTEM)
    db.session.commit()
    assert list(images_root().iterdir()) == []
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert actions == ["document.picture-deleted"]
