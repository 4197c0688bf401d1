"""A folder of Markdown files as documents."""

import logging
import os
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from portal.core.errors import Invalid
from portal.documents.document import Document, read_document
from portal.documents.folders.contents import Contents, Folder
from portal.documents.folders.mounts import are_here
from portal.documents.folders.page_snapshot import seen
from portal.documents.folders.scan import ScannedFolder, Stamp, is_text, scan_folder, stamp_of
from portal.documents.folders.watch import FolderWatch

_log = logging.getLogger(__name__)
#: Nanoseconds within which two changes of a file may leave the same timestamps.
_UNSURE = 2_000_000_000
#: Bytes of files cached after parsing, per folder; files beyond that are read each time.
KEPT_BYTES = 128_000_000
#: Number of files from which on inotify is used, and the seconds for which a scan is reused without
#: an event: on a file system that only this kernel writes to, and on any other.
LARGE, TRUSTED_HERE, TRUSTED = 200, 600.0, 2.0
_Found = Document | Invalid


@dataclass(frozen=True)
class _Read:
    """With `is_sure` no other content of the file can have this stamp."""

    stamp: Stamp
    is_sure: bool
    found: _Found

    @property
    def size(self) -> int:
        return self.stamp[3]


class DocumentFolder(Folder):
    """Every `*.md` below `root`; a slug is the path without `.md`.

    A file is read again when it was replaced, when its times or size have changed, or when it may
    have changed without showing it. Files outside of `root`, by `..` or by a link, are ignored, and
    so are those in the top folders named in `leave_out`. Parsed files are cached for all threads
    until they are removed.
    """

    def __init__(self, root: Path, *, leave_out: Collection[str] = ()) -> None:
        self.root = root
        self._leave_out = frozenset(leave_out)
        self._read: dict[str, _Read] = {}
        self._size = 0
        self._stamps: dict[str, Stamp] | None = None
        self._contents = Contents({})
        self._watch, self._trusted = FolderWatch(), (0.0, (0, 0))

    def read(self, slug: str) -> _Found | None:
        """The document, why it can't be read, or None if there is no such file."""
        path = self.path_of(slug)
        read = self._load(slug, path) if path else None
        if read is None:
            self._read.pop(slug, None)
            return None
        if slug in self._read or self._size + read.size <= KEPT_BYTES:
            self._size += 0 if slug in self._read else read.size
            self._read[slug] = read
        return read.found

    def contents(self) -> Contents:
        """The whole folder, from one scan; the same object until something changes, and within one
        page.
        """
        look = seen()
        if look is not None and self in look:
            return look[self]  # type: ignore[no-any-return]
        with _turn:
            found = self._look()
        if look is not None:
            look[self] = found
        return found

    def path_of(self, slug: str) -> Path | None:
        """The file of a slug, if it exists inside the folder."""
        if not is_text(slug):
            return None
        parts = PurePosixPath(slug).parts
        plain = slug == "/".join(parts) and not any(part.startswith(".") for part in parts)
        if not parts or not plain or slug.startswith("/") or "\0" in slug:
            return None
        if len(parts) > 1 and parts[0] in self._leave_out:
            return None
        path = self.root / f"{slug}.md"
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, UnicodeError):
            return None
        return path if real.is_relative_to(self.root.resolve()) and real.is_file() else None

    def _look(self) -> Contents:
        """Scan the folder. A large one is scanned only after an inotify event or when the last scan
        is too old, since inotify reports no changes made by other machines.
        """
        started, place = time.monotonic(), _place(self.root)
        until, known_place = self._trusted
        if self._watch.is_quiet and started < until and place == known_place:
            return self._contents
        listed = scan_folder(self.root, leave_out=self._leave_out)
        contents = self._read_all(listed)
        is_large = len(listed.files) >= LARGE and not listed.links and self._stamps is not None
        was_watched = self._watch.follow(listed.folders if is_large else ())
        is_ours = was_watched and not listed.has_twins and are_here(listed.folders)
        seconds = TRUSTED_HERE if is_ours else TRUSTED
        self._trusted = (started + seconds if was_watched else started, place)
        return contents

    def _read_all(self, listed: ScannedFolder) -> Contents:
        if listed.files == self._stamps and not listed.links:
            return self._contents
        reads = {
            slug: read for slug in listed.in_order() if (read := self._read_listed(slug, listed))
        }
        by_slug = {slug: read.found for slug, read in reads.items()}
        contents = self._contents if by_slug == self._contents.by_slug else Contents(by_slug)
        self._keep(listed, reads, contents)
        return contents

    def _read_listed(self, slug: str, listed: ScannedFolder) -> _Read | None:
        stamp, known = listed.files.get(slug), self._read.get(slug)
        if known and known.is_sure and known.stamp == stamp:
            return known
        path = self.root / f"{slug}.md" if stamp else self.path_of(slug)
        return self._load(slug, path) if path else None

    def _keep(self, listed: ScannedFolder, reads: dict[str, _Read], contents: Contents) -> None:
        """Update the cache and drop removed files. Stamps alone prove that nothing changed only if
        all of them are sure and every file is cached.
        """
        size, kept = 0, {}
        for slug, read in reads.items():
            size += read.size
            if size <= KEPT_BYTES:
                kept[slug] = read
        is_whole = len(kept) == len(reads)
        is_sure = is_whole and all(read.is_sure for read in reads.values())
        self._read, self._size = kept, min(size, KEPT_BYTES)
        self._contents = contents if is_whole else Contents({})
        self._stamps = listed.files if is_sure and listed.files.keys() == reads.keys() else None

    def _load(self, slug: str, path: Path) -> _Read | None:
        """None if the file was removed meanwhile."""
        try:
            stamp, at = stamp_of(path.stat()), time.time_ns()
        except OSError:
            return None
        known, is_sure = self._read.get(slug), at - stamp[1] > _UNSURE
        if known and known.stamp == stamp:
            if known.is_sure:
                return known
            if _is_still(path, known.found):
                return replace(known, is_sure=is_sure)
        try:
            return _Read(stamp, is_sure, self._parsed(path))
        except FileNotFoundError:
            return None
        except OSError as error:  # may succeed the next time
            why = error.strerror or "the system refuses"
            return _Read(stamp, False, self._unreadable(path, why))

    def _parsed(self, path: Path) -> _Found:
        try:
            return read_document(path, self.root)
        except OSError:
            raise
        except Invalid as error:
            return error
        except Exception:  # one unreadable file never fails the list
            _log.exception("%s can't be read", path)
            return self._unreadable(path, "its content is unexpected")

    def _unreadable(self, path: Path, why: str) -> Invalid:
        name = path.relative_to(self.root).as_posix()
        return Invalid(f"{name}, line 1: the file can't be read: {why}.")


def _place(root: Path) -> tuple[int, int]:
    """Device and inode of the folder: the path may be a link whose target changes."""
    try:
        stat = root.stat()
    except OSError:
        return 0, 0
    return stat.st_dev, stat.st_ino


def _is_still(path: Path, found: _Found) -> bool:
    """Whether a file that was read shortly after a write still has the same content."""
    try:
        return isinstance(found, Document) and sha256(path.read_bytes()).hexdigest() == found.sha256
    except OSError:
        return False


def _reset_lock() -> None:
    """A new lock after a fork: a thread that does not exist in the child may hold the old one."""
    global _turn  # noqa: PLW0603
    _turn = threading.Lock()


#: Lets threads that need the same folder at the same time parse it once.
_turn = threading.Lock()
os.register_at_fork(after_in_child=_reset_lock)
