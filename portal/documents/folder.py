"""A folder of Markdown files as documents."""

from pathlib import Path, PurePosixPath

from portal.core.errors import Invalid, NotFound
from portal.documents.document import Document, read_document

_Stamp = tuple[int, int]


class DocumentFolder:
    """Every `*.md` below `root`; a slug is the path without `.md`. A file is read again when its
    time or size has changed. Whatever lies outside `root`, by `..` or by a link, is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[Path, tuple[_Stamp, Document | Invalid]] = {}

    def get(self, slug: str) -> Document:
        """Raises NotFound, or Invalid with file and line when the file can't be read."""
        path = self._path(slug)
        if path is None:
            raise NotFound(f"There is no document named {slug!r}.")
        found = self._load(path)
        if isinstance(found, Invalid):
            raise found
        return found

    def documents(self) -> list[Document]:
        """The readable ones, by path."""
        return [found for found in self._all() if isinstance(found, Document)]

    def problems(self) -> list[Invalid]:
        """Why the others can't be read, each naming its file and line."""
        return [found for found in self._all() if isinstance(found, Invalid)]

    def _all(self) -> list[Document | Invalid]:
        paths = sorted(self.root.rglob("*.md")) if self.root.is_dir() else []
        slugs = [path.relative_to(self.root).with_suffix("").as_posix() for path in paths]
        inside = [path for slug in slugs if (path := self._path(slug))]
        return [self._load(path) for path in inside]

    def _path(self, slug: str) -> Path | None:
        parts = PurePosixPath(slug).parts
        plain = slug == "/".join(parts) and not any(part.startswith(".") for part in parts)
        if not parts or not plain or slug.startswith("/") or "\0" in slug:
            return None
        path = self.root / f"{slug}.md"
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, UnicodeError):
            return None
        return path if real.is_relative_to(self.root.resolve()) and real.is_file() else None

    def _load(self, path: Path) -> Document | Invalid:
        stat = path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known and known[0] == stamp:
            return known[1]
        found: Document | Invalid
        try:
            found = read_document(path, self.root)
        except Invalid as error:
            found = error
        self._read[path] = stamp, found
        return found
