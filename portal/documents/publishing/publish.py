"""Publishing and withdrawing: a row in the ops database, then a file in the folder.

The row comes first and holds the whole text, so what the audit log says of it is true from the
moment it is committed; the file follows. Between the two stands `settled`, which is false until the
folder shows what the row says. A process that dies in between leaves an unsettled row: the worker,
`flask portal setup`, or the next one to publish or withdraw the document brings the folder up to it
(`settle`). Every step to the folder is taken under a lock on the newest row of the document, which
is read again there, so that two processes never write in the wrong order. Reverting is never
needed: before the commit no file has changed.

A file that neither the row nor what it replaced accounts for was put there by a person: it is left
alone. When somebody publishes over such a file, its text is kept as a version first.
"""

from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from portal.core.storage.database import db, own_ops_transaction
from portal.documents.document import parse_document
from portal.documents.drafting.naming import check_slug
from portal.documents.folders.atomic_files import path_inside, take_away, write_whole
from portal.documents.front_matter.parse import front_matter
from portal.documents.models import DocumentKind, DocumentVersion
from portal.documents.publishing.overlay import published_root
from portal.documents.publishing.sources import (
    Source,
    current_source,
    published_source,
    same_line_ends,
)
from portal.documents.publishing.versions import latest_version, unsettled, versions_of

#: Bytes and lines of a text that is written in the browser, and bytes of its front matter: what is
#: read while somebody waits must be read in a moment, whatever it is.
LARGEST, MOST_LINES, LARGEST_HEAD = 100_000, 2_000, 8_000
#: Opening brackets in front matter: the time that YAML takes grows with the square of their depth.
MOST_BRACKETS = 200
LONGEST_NOTE = 500


def publish(
    kind: DocumentKind, slug: str, text: str, *, opened: str | None, note: str = "", by: Actor
) -> DocumentVersion:
    """Record a text as the next version; the caller commits, and then calls `settle`.

    `opened` is the SHA-256 of the file that the text was written from, None for a new document.
    Raises Conflict when the document is no longer what was opened, and Invalid when the text
    can't be read, is too large, or nothing was changed.
    """
    text, latest = tidy(text), latest_version(db.session, kind, slug)
    if latest:
        _settle(latest)
    current = _checked(kind, slug, opened)
    _require_readable(text, slug)
    if current and current.raw == text.encode():
        raise Conflict("Nothing was changed, so there is nothing to publish.")
    latest = _keep_what_was_put_there(kind, slug, latest)
    version = DocumentVersion(
        kind=kind,
        slug=slug,
        number=latest.number + 1 if latest else 1,
        source=text,
        sha256=sha256(text.encode()).hexdigest(),
        base_sha256=opened,
        note=" ".join(note.split())[:LONGEST_NOTE],
        published_by_id=by.id,
        published_by=by.name,
    )
    _add(version, by=by)
    return version


def withdraw(kind: DocumentKind, slug: str, *, seen: str, by: Actor) -> DocumentVersion:
    """Go back to the shipped file, or to none; the caller commits, and then calls `settle`.

    `seen` is the SHA-256 of the published file that is to go. All versions are kept.
    """
    latest = latest_version(db.session, kind, slug)
    if latest:
        _settle(latest)
    published = published_source(kind, slug)
    if published is None:
        raise Conflict("Nothing that was published here is shown any more.")
    if published.sha256 != seen:
        raise Conflict(
            "Another version was published since you opened this page, so nothing was withdrawn.",
            refusal=Refusal("document.withdrawn", target=f"{kind}/{slug}"),
        )
    latest = _keep_what_was_put_there(kind, slug, latest)
    if latest is None:
        raise NotFound("There is no such version of this text.")
    latest.withdrawn_at, latest.withdrawn_by, latest.settled = now(), by.name, False
    record("document.withdrawn", latest.name, by=by, details={"number": latest.number})
    return latest


def settle(kind: DocumentKind, slug: str) -> None:
    """Bring the folder up to the newest row; harmless to repeat. Call it after a commit.

    Raises Unavailable when the file can't be written: the row stands, and a later call writes it.
    """
    with own_ops_transaction() as session:
        if latest := latest_version(session, kind, slug):
            _settle(latest)


def settle_all() -> None:
    """After a process died in the middle of publishing.

    Raises Unavailable when a file can't be written, once all the others are.
    """
    failed: Unavailable | None = None
    for kind, slug in unsettled():
        try:
            settle(kind, slug)
        except Unavailable as error:
            failed = error
    if failed:
        raise failed


def tidy(text: str) -> str:
    """As it is kept: plain line ends, one at the end. Raises Invalid for what is not kept."""
    text = same_line_ends(text).rstrip("\n") + "\n"
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise Invalid("The text holds a character that can’t be kept.")
    if len(text.encode()) > LARGEST:
        raise _too_large(f"larger than {LARGEST // 1000} kB")
    if text.count("\n") > MOST_LINES:
        raise _too_large(f"longer than {MOST_LINES:,} lines")
    head = front_matter(text)
    if len(head.encode()) > LARGEST_HEAD:
        raise _too_large(f"one whose front matter is larger than {LARGEST_HEAD // 1000} kB")
    if head.count("[") + head.count("{") > MOST_BRACKETS:
        raise _too_large(f"one whose front matter opens more than {MOST_BRACKETS} brackets")
    return text


def _too_large(what: str) -> Invalid:
    return Invalid(
        f"This text is {what}, which is more than can be written here.",
        remedy="Write it in the repository.",
    )


def _checked(kind: DocumentKind, slug: str, opened: str | None) -> Source | None:
    """What is there at present, when it is what was opened."""
    current = current_source(kind, slug)
    if current is None and opened is None:
        _require_name(kind, slug)
    elif current is None:
        raise _conflict(kind, slug, "This text was taken away since you opened it.")
    elif opened is None:
        raise _conflict(kind, slug, f"There is already a text at the address “{slug}”.")
    elif current.sha256 != opened:
        raise _conflict(kind, slug, "This text was changed since you opened it.")
    return current


def _require_name(kind: DocumentKind, slug: str) -> None:
    """A new document has a plain name; one that was withdrawn keeps its own."""
    if not versions_of(kind, slug):
        check_slug(slug)


def _conflict(kind: DocumentKind, slug: str, sentence: str) -> Conflict:
    return Conflict(
        sentence,
        remedy="Nothing was published.",
        refusal=Refusal("document.published", target=f"{kind}/{slug}"),
    )


def _require_readable(text: str, slug: str) -> None:
    if not text.strip():
        raise Invalid("There is no text to publish.")
    parse_document(text, slug)


def _keep_what_was_put_there(
    kind: DocumentKind, slug: str, latest: DocumentVersion | None
) -> DocumentVersion | None:
    """The newest version. A published file that is none of them becomes one, by nobody's name."""
    published = published_source(kind, slug)
    known = {version.sha256 for version in versions_of(kind, slug)}
    if published is None or published.sha256 in known:
        return latest
    version = DocumentVersion(
        kind=kind,
        slug=slug,
        number=latest.number + 1 if latest else 1,
        source=published.text,
        sha256=published.sha256,
        note="Found in the folder, where somebody had put it.",
        published_by=SYSTEM.name,
        settled=True,
    )
    _add(version, by=SYSTEM)
    return version


def _add(version: DocumentVersion, *, by: Actor) -> None:
    db.session.add(version)
    try:
        db.session.flush()
    except IntegrityError:
        raise _conflict(
            version.kind, version.slug, "Somebody else published at the same moment."
        ) from None
    details = {"number": version.number, "sha256": version.sha256, "note": version.note}
    record("document.published", version.name, by=by, details=details)


def _settle(row: DocumentVersion) -> None:
    """With the row locked: the file as the row says, unless a person put another one there."""
    if row.settled:
        return
    published = published_source(row.kind, row.slug)
    found = published.sha256 if published else None
    wanted = None if row.is_withdrawn else row.sha256
    replaced = row.sha256 if row.is_withdrawn else row.base_sha256
    if found != wanted and found in (None, replaced):
        _bring_up(row)
    row.settled = True


def _bring_up(row: DocumentVersion) -> None:
    try:
        path = path_inside(published_root(row.kind), f"{row.slug}.md")
        if row.is_withdrawn:
            take_away(path)
        else:
            write_whole(path, row.source.encode())
    except OSError as error:
        raise Unavailable(
            f"This is recorded, but the file could not be changed ({error.strerror}).",
            remedy="It will be as soon as that is possible; until then the earlier text is shown.",
        ) from error
