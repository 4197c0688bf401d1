"""Copies of files of an object store on this machine, bounded in bytes.

Several processes use one folder.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from portal.core.files.private import write_whole

MOST_BYTES = 512_000_000
#: The part of the bound that is written before the folder is looked through again.
_SLACK = 16
#: Seconds after which a file counts as used again.
_USED = 3600.0
_written: dict[Path, int] = {}
"""Bytes that this process wrote to a folder since it was looked through."""


class Cache:
    """The files that were not used for longest are removed first."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes

    def get(self, key: str) -> Path | None:
        path = self._folder / key
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _USED:
                os.utime(path)
            return path
        return None

    def put(self, key: str, content: bytes) -> Path:
        path = self._folder / key
        write_whole(path, content, durably=False)
        written = _written.get(self._folder, self._most) + len(content)
        if written > self._most // _SLACK:
            self._shrink()
            written = 0
        _written[self._folder] = written
        return path

    def remove(self, key: str) -> None:
        with suppress(OSError):
            (self._folder / key).unlink(missing_ok=True)

    def _shrink(self) -> None:
        """To the bound, less what may be written before the next time."""
        room = self._most - self._most // _SLACK
        for _, size, path in sorted(self._files(), reverse=True):
            room -= size
            if room < 0:
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder, name)
                with suppress(OSError):
                    facts = path.lstat()
                    yield facts.st_mtime, facts.st_size, path
