"""A folder of Markdown files as documents."""

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

from portal.core.errors import Invalid, NotFound
from portal.documents.document import Document, read_document

_log = logging.getLogger(__name__)
_Stamp = tuple[int, int, int, int]
#: Nanoseconds within which a file may be changed twice and bear the same times.
_UNSURE = 2_000_000_000


@dataclass(frozen=True)
class _Read:
    """With `is_sure` the stamp is of no other text of the file."""

    stamp: _Stamp
    is_sure: bool
    found: Document | Invalid


class DocumentFolder:
    """Every `*.md` below `root`; a slug is the path without `.md`. A file is read again when it is
    another one or its times or size have changed, or might have without showing it. Whatever lies
    outside `root`, by `..` or by a link, is not there, nor is what stands in the folders of `root`
    named in `leave_out`."""

    def __init__(self, root: Path, *, leave_out: Collection[str] = ()) -> None:
        self.root = root
        self._leave_out = frozenset(leave_out)
        self._read: dict[Path, _Read] = {}

    def get(self, slug: str) -> Document:
        """Raises NotFound, or Invalid with file and line when the file can't be read."""
        found = self.read(slug)
        if found is None:
            raise NotFound(f"There is no document named {slug!r}.")
        if isinstance(found, Invalid):
            raise found
        return found

    def read(self, slug: str) -> Document | Invalid | None:
        """The document, why it can't be read, or None where there is no such file."""
        path = self.path_of(slug)
        return self._load(path) if path else None

    def documents(self) -> list[Document]:
        """The readable ones, by path."""
        return [found for found in self.everything().values() if isinstance(found, Document)]

    def problems(self) -> list[Invalid]:
        """Why the others can't be read, each naming its file and line."""
        return [found for found in self.everything().values() if isinstance(found, Invalid)]

    def everything(self) -> dict[str, Document | Invalid]:
        """By path: under each slug the document, or why its file can't be read."""
        paths = sorted(self.root.rglob("*.md")) if self.root.is_dir() else []
        slugs = [path.relative_to(self.root).with_suffix("").as_posix() for path in paths]
        found = {slug: self.read(slug) for slug in slugs}
        return {slug: each for slug, each in found.items() if each is not None}

    def path_of(self, slug: str) -> Path | None:
        """The file of a slug, if there is one inside the folder."""
        if not _is_text(slug):
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

    def _load(self, path: Path) -> Document | Invalid | None:
        """None where the file was taken away this moment."""
        try:
            stat = path.stat()
        except OSError:
            return None
        stamp = (stat.st_ino, stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known and known.stamp == stamp and (known.is_sure or _is_still(path, known.found)):
            return known.found
        found: Document | Invalid
        try:
            found = read_document(path, self.root)
        except FileNotFoundError:
            return None
        except Invalid as error:
            found = error
        except OSError as error:
            return self._unreadable(path, error.strerror or "the system refuses")
        except Exception:  # one bad file never ends a list
            _log.exception("%s can't be read", path)
            found = self._unreadable(path, "it was made in a way nobody thought of")
        self._read[path] = _Read(stamp, time.time_ns() - stat.st_ctime_ns > _UNSURE, found)
        return found

    def _unreadable(self, path: Path, why: str) -> Invalid:
        name = path.relative_to(self.root).as_posix()
        return Invalid(f"{name}, line 1: the file can't be read: {why}.")


def _is_still(path: Path, found: Document | Invalid) -> bool:
    """Whether a file that was read a moment after it had been written holds what it held."""
    try:
        return isinstance(found, Document) and sha256(path.read_bytes()).hexdigest() == found.sha256
    except OSError:
        return False


def _is_text(name: str) -> bool:
    """Names of files may hold bytes that are no letters, and no page can hold those."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
