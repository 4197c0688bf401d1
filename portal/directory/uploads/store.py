"""The store of pictures, at STORAGE_URL: a folder, or an object store with a cache on this machine.

A file's key is its name, for a smaller size below the width: `480/ab….webp`. Files are written
whole or not at all, and the whole picture last: where it is, its sizes are.
"""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from portal.core.configuration.settings import settings
from portal.core.errors import NotFound, PortalError, Unavailable
from portal.core.files.object_store import Store
from portal.core.files.private import write_whole
from portal.directory.pictures import WIDTHS, small_picture
from portal.directory.uploads.cache import Cache

#: How long an object store may take to answer.
SECONDS = 10.0
CACHE = "cache/images"
NO_ANSWER = "The pictures’ store can’t be reached at the moment, so nothing was changed."
log = logging.getLogger(__name__)


class PictureStore(Protocol):
    """Raises Unavailable where the store does not answer; its sentence is for visitors too."""

    def put(self, key: str, content: bytes) -> None: ...

    def find(self, name: str, width: int | None) -> Path | None:
        """A file on this machine; None if the store holds none."""

    def content(self, key: str) -> bytes | None: ...

    def all_keys(self) -> list[str]: ...

    def written_at(self, key: str) -> datetime | None: ...

    def remove(self, key: str) -> None: ...


def picture_store() -> PictureStore:
    """As the settings name it."""
    here, route = settings(), settings().picture_store
    if route.folder:
        return FolderStore(route.folder, is_own=route.folder == (here.data / "images").resolve())
    return RemoteStore(Store(route, seconds=SECONDS), Cache(here.data / CACHE))


def find_picture(name: str, width: int | None = None) -> Path:
    """The file that is sent for a picture, in a size of WIDTHS or whole. Raises NotFound.

    A picture that was stored in PORTAL_DATA before STORAGE_URL led elsewhere is found there.
    """
    found = picture_store().find(name, width) or FolderStore(own_folder()).find(name, width)
    if found is None:
        raise NotFound("There is no picture at this address.")
    return found


def own_folder() -> Path:
    return settings().data / "images"


def key_of(name: str, width: int) -> str:
    """`width` 0 is the whole picture."""
    return f"{width}/{name}" if width else name


def name_in(key: str) -> str:
    return key.rpartition("/")[2]


def keep(store: PictureStore, name: str, files: Mapping[int, bytes]) -> None:
    """Raises Unavailable; then the whole picture was not stored."""
    for width in sorted(files, reverse=True):
        store.put(key_of(name, width), files[width])


def write_again(store: PictureStore, name: str) -> bool:
    """Before a row refers to it again, so that the files are younger than what was found before.
    False if the store has no such picture."""
    found = {width: store.content(key_of(name, width)) for width in (0, *WIDTHS)}
    if found[0] is None:
        return False
    keep(store, name, {width: content for width, content in found.items() if content is not None})
    return True


class FolderStore:
    """`is_own`: the folder in PORTAL_DATA, which is created; another one must be there already, as
    it may be a disk that is not mounted."""

    def __init__(self, root: Path, *, is_own: bool = True) -> None:
        self._root = root
        self._is_own = is_own

    def put(self, key: str, content: bytes) -> None:
        """A file with this content is kept, as written just now."""
        path = self._root / key
        with naming("store pictures"):
            if not self._is_own and not self._root.is_dir():
                raise FileNotFoundError(self._root)
            if _is_file(path) and path.read_bytes() == content:
                os.utime(path)
            else:
                write_whole(path, content)

    def find(self, name: str, width: int | None) -> Path | None:
        whole = self._root / name
        if not _is_file(whole):
            return None
        return self._root / small_picture(self._root, name, width) if width else whole

    def content(self, key: str) -> bytes | None:
        with naming("read pictures"):
            path = self._root / key
            return path.read_bytes() if _is_file(path) else None

    def all_keys(self) -> list[str]:
        with naming("list pictures"):
            if not self._is_own and not self._root.is_dir():
                raise FileNotFoundError(self._root)
            return sorted(_files_in(self._root, ("", *(f"{width}/" for width in WIDTHS))))

    def written_at(self, key: str) -> datetime | None:
        with naming("read pictures"), suppress(FileNotFoundError):
            return datetime.fromtimestamp((self._root / key).lstat().st_mtime, UTC)
        return None

    def remove(self, key: str) -> None:
        with naming("remove pictures"):
            (self._root / key).unlink(missing_ok=True)


class RemoteStore:
    """Files are sent from the cache; no address of the store is on a page."""

    def __init__(self, store: Store, cache: Cache) -> None:
        self._store = store
        self._cache = cache

    def put(self, key: str, content: bytes) -> None:
        with naming("store pictures"):
            self._store.put(key, content)
            self._cache.put(key, content)

    def find(self, name: str, width: int | None) -> Path | None:
        """A picture that has no such size, as it is no wider, is sent whole."""
        keys = [key_of(name, each) for each in (*((width,) if width else ()), 0)]
        for key in keys:
            if path := self._cache.get(key):
                return path
            if (content := self.content(key)) is not None:
                with naming("keep copies of pictures"):
                    return self._cache.put(key, content)
        return None

    def content(self, key: str) -> bytes | None:
        with naming("read pictures"), suppress(NotFound):
            return self._store.get(key)
        return None

    def all_keys(self) -> list[str]:
        with naming("list pictures"):
            return self._store.paths()

    def written_at(self, key: str) -> datetime | None:
        with naming("read pictures"), suppress(NotFound):
            return self._store.modified(key)
        return None

    def remove(self, key: str) -> None:
        with naming("remove pictures"):
            self._store.remove(key)
        self._cache.remove(key)


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Log what the store or the disk says; visitors read that it is temporary."""
    try:
        yield
    except NotFound:
        raise
    except (OSError, PortalError) as error:
        log.warning("The store of pictures can’t %s: %s", what, error)
        raise Unavailable(NO_ANSWER, remedy="Try again in a few minutes.") from error


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _files_in(root: Path, folders: tuple[str, ...]) -> Iterator[str]:
    """The keys of what is in these folders alone; a link is not followed."""
    for folder in folders:
        with suppress(FileNotFoundError), os.scandir(root / folder) as entries:
            for each in entries:
                if each.is_file(follow_symlinks=False):
                    yield f"{folder}{each.name}"
