"""Files by name in a folder or an object store, as BACKUP_URL and STORAGE_URL name one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import fsspec

from portal.core.configuration.store_url import StoreRoute
from portal.core.errors import NotFound, PortalError, Unavailable


class Store:
    """Each call raises Unavailable, in one sentence, if the store does not answer."""

    def __init__(self, route: StoreRoute, *, seconds: float | None = None) -> None:
        """`seconds`: how long an object store may take to answer, if not its library's default."""
        self._route = route
        self._seconds = seconds

    @property
    def address(self) -> str:
        return self._route.address

    def names(self) -> list[str]:
        found: list[str] = []
        with self._naming("listed") as files:
            self._require_root(files)
            with suppress(FileNotFoundError):  # an object store has no folder until it has a file
                found = files.ls(self._route.root, detail=False)
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def sizes(self) -> dict[str, int | None]:
        """The files there, by name, in bytes; None for what is not a file."""
        found: list[dict[str, Any]] = []
        with self._naming("listed") as files:
            self._require_root(files)
            with suppress(FileNotFoundError):
                found = files.ls(self._route.root, detail=True)
        return {
            each["name"].rstrip("/").rpartition("/")[2]: int(each["size"] or 0)
            if each["type"] == "file"
            else None
            for each in found
        }

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A partial file is removed, if the store still answers."""
        with self._naming("written") as files:
            self._require_root(files)
            try:
                with files.open(self._path(name), "wb") as handle:
                    yield handle
                    _sync(handle)
            except BaseException:
                with suppress(Exception):
                    files.rm_file(self._path(name))
                raise

    def create(self, name: str, content: bytes) -> None:
        """Write a file that must not exist yet. Raises FileExistsError, which the store decides:
        an object store by a conditional write, where it knows them. Others overwrite."""
        with self._naming("written") as files:
            self._require_root(files)
            if self._route.protocol == "file":
                _create_in_folder(Path(self._path(name)), content)
                return
            files.pipe_file(self._path(name), content, mode="create")

    @contextmanager
    def reading(self, name: str) -> Iterator[IO[bytes]]:
        """Raises NotFound."""
        with self._naming("read") as files:
            try:
                handle = files.open(self._path(name), "rb")
            except FileNotFoundError:
                raise NotFound(f"{self.address} holds no {name}.") from None
            with handle:
                yield handle

    def put(self, name: str, content: bytes) -> None:
        """Write a small file in one go, over one of that name."""
        with self._naming("written") as files:
            self._require_root(files)
            files.pipe_file(self._path(name), content)

    def get(self, name: str) -> bytes:
        """A small file, read in one go. Raises NotFound."""
        with self._naming("read") as files:
            try:
                return bytes(files.cat_file(self._path(name)))
            except FileNotFoundError:
                raise NotFound(f"{self.address} holds no {name}.") from None

    def paths(self) -> list[str]:
        """The names of all files, those in folders as `folder/name`."""
        found: list[str] = []
        with self._naming("listed") as files:
            self._require_root(files)
            with suppress(FileNotFoundError):
                found = files.find(self._route.root)
        return sorted(path.removeprefix(f"{self._route.root}/") for path in found)

    def modified(self, name: str) -> datetime:
        """When a file was written last, as the store has it. Raises NotFound."""
        with self._naming("read") as files:
            try:
                at: datetime = files.modified(self._path(name))
            except FileNotFoundError:
                raise NotFound(f"{self.address} holds no {name}.") from None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def remove(self, name: str) -> None:
        """No error if it does not exist."""
        with self._naming("removed from") as files, suppress(FileNotFoundError):
            files.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._route.root}/{name}"

    def _require_root(self, files: Any) -> None:
        """Never create the folder of an unmounted disk: copies would stay on this machine."""
        if self._route.protocol == "file" and not files.isdir(self._route.root):
            raise Unavailable(
                f"There is no folder {self._route.root}.",
                remedy="Mount it or make it, then it is tried again.",
            )

    @contextmanager
    def _naming(self, done: str) -> Iterator[Any]:
        """Turns the exceptions of the libraries below into one sentence."""
        try:
            yield _files(self._route, self._seconds)
        except (PortalError, FileExistsError):
            raise
        except Exception as error:
            why = str(error) or type(error).__name__
            raise Unavailable(f"{self.address} could not be {done}: {why}.") from error


def _files(route: StoreRoute, seconds: float | None) -> Any:
    if route.protocol == "file":
        return fsspec.filesystem("file", auto_mkdir=False)
    options: dict[str, Any] = {"use_listings_cache": False}
    if endpoint := route.options.get("endpoint_url"):
        options["endpoint_url"] = endpoint
    if region := route.options.get("region"):
        options["client_kwargs"] = {"region_name": region}
    if route.credentials:
        options["key"], options["secret"] = route.credentials
    if seconds and route.protocol == "s3":
        options["config_kwargs"] = {"connect_timeout": seconds, "read_timeout": seconds}
    return fsspec.filesystem(route.protocol, **options)


def _create_in_folder(path: Path, content: bytes) -> None:
    """With its content in one step: of two at once, one gets FileExistsError. Where a disk knows
    no links, another one may see the file before its content is there."""
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        _write_new(beside, content)
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:
        _write_new(path, content)
    finally:
        beside.unlink(missing_ok=True)


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as handle:
        handle.write(content)
        _sync(handle)


def _sync(handle: IO[bytes]) -> None:
    """Sync a file on a disk; an object store answers once it has everything."""
    handle.flush()
    with suppress(OSError, AttributeError):
        os.fsync(handle.fileno())
