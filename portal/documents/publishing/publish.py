"""Publishing and withdrawing: a row in the ops database, then a file in the folder.

The row is written first and contains the whole text, so that the audit log is true from the moment
of the commit; the file follows. `settled` is false until the folder matches the row. If a process
dies in between, the row stays unsettled: the worker, `flask portal setup`, or the next publication
or withdrawal of the document then updates the folder (`settle`). Each write to the folder is made
under a lock on the newest row of the document, which is read again under the lock, so that two
processes never write in the wrong order. Nothing ever needs reverting: before the commit no file
has changed.

A file that matches neither the row nor the version it replaced was put there by a person and is
left alone. When somebody publishes over such a file, its text is saved as a version first.
"""

from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from portal.audit.actor import SYSTEM, Actor
from portal.audit.service import record
from portal.core.clock import now
from portal.core.errors import Conflict, Invalid, NotFound, Refusal, Unavailable
from portal.core.files.private import write_whole
from portal.core.storage.database import db, own_ops_transaction
from portal.documents.document import parse_document
from portal.documents.drafting.naming import check_slug
from portal.documents.folders.atomic_files import path_inside, remove_durably
from portal.documents.front_matter.parse import front_matter
from portal.documents.models import DocumentKind, DocumentVersion
from portal.documents.publishing.notation import as_in_file
from portal.documents.publishing.overlay import published_root
from portal.documents.publishing.sources import (
    Source,
    current_source,
    published_source,
    same_line_ends,
)
from portal.documents.publishing.versions import latest_version, unsettled, versions_of

#: Limits of a text that is written in the browser, in bytes and lines, and of its front matter in
#: bytes, so that parsing within a request stays fast.
LARGEST, MOST_LINES, LARGEST_HEAD = 100_000, 2_000, 8_000
#: Opening brackets in front matter: YAML's parsing time grows with the square of their depth.
MOST_BRACKETS = 200
LONGEST_NOTE = 500


def publish(
    kind: DocumentKind, slug: str, text: str, *, opened: str | None, note: str = "", by: Actor
) -> DocumentVersion:
    """Record a text as the next version; the caller commits, and then calls `settle`.

    `opened` is the SHA-256 of the file that the text was based on, None for a new document. Raises
    Conflict when the document has changed since, and Invalid when the text can't be read, is too
    large, or is unchanged.
    """
    text, latest = normalised(text), latest_version(db.session, kind, slug)
    if latest:
        _settle(latest)
    current = _checked(kind, slug, opened)
    _require_readable(text, slug)
    if current and (current.raw == text.encode() or text == _as_sent(current)):
        raise Conflict("Nothing was changed, so there is nothing to publish.")
    if current:
        text = as_in_file(text, current.raw)
    latest = _save_manual_change(kind, slug, latest)
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
    """Return to the shipped file, or to none; the caller commits, and then calls `settle`.

    `seen` is the SHA-256 of the published file to withdraw. All versions are kept.
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
    latest = _save_manual_change(kind, slug, latest)
    if latest is None:
        raise NotFound("There is no such version of this text.")
    latest.withdrawn_at, latest.withdrawn_by, latest.settled = now(), by.name, False
    record("document.withdrawn", latest.name, by=by, details={"number": latest.number})
    return latest


def settle(kind: DocumentKind, slug: str) -> None:
    """Make the folder match the newest row; idempotent. Call it after a commit.

    Raises Unavailable when the file can't be written: the row is kept, and a later call retries.
    """
    with own_ops_transaction() as session:
        if latest := latest_version(session, kind, slug):
            _settle(latest)


def settle_all() -> None:
    """Settle all documents, after a process died while publishing.

    Raises Unavailable when a file can't be written, after all the others were.
    """
    failed: Unavailable | None = None
    for kind, slug in unsettled():
        try:
            settle(kind, slug)
        except Unavailable as error:
            failed = error
    if failed:
        raise failed


def normalised(text: str) -> str:
    r"""The text as stored: `\n` line ends, one at the end. Raises Invalid if it can't be stored."""
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
    """The current source. Raises Conflict if it is not the one that was opened."""
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


def _as_sent(current: Source) -> str | None:
    """The file as a form sends it; None for one that no form could have shown."""
    try:
        return normalised(current.text)
    except Invalid:
        return None


def _require_name(kind: DocumentKind, slug: str) -> None:
    """A new document needs a valid slug; a withdrawn one keeps its own."""
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


def _save_manual_change(
    kind: DocumentKind, slug: str, latest: DocumentVersion | None
) -> DocumentVersion | None:
    """The newest version. A published file that matches none is first saved as one."""
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
    """With the row locked: make the file match the row, unless a person changed the file."""
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
            remove_durably(path)
        else:
            write_whole(path, row.source.encode())
    except OSError as error:
        raise Unavailable(
            f"This is recorded, but the file could not be changed ({error.strerror}).",
            remedy="It will be as soon as that is possible; until then the earlier text is shown.",
        ) from error
