"""Watches folders for changes with inotify.

It only serves to skip scans of thousands of files: a quiet watch is trusted for a limited time, any
event causes a scan, and without inotify a watch is never quiet.
"""

import ctypes
import os
from collections.abc import Iterable

#: IN_MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF, MOVE_SELF.
_CHANGES = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class FolderWatch:
    """A watch on a set of folders. A forked process opens its own: two would share the events."""

    def __init__(self) -> None:
        self._descriptor, self._pid = -1, 0
        self._folders: frozenset[str] = frozenset()

    def follow(self, folders: Iterable[str]) -> bool:
        """Watch these folders. True if exactly these were watched before."""
        wanted = frozenset(folders)
        if self._is_open and wanted == self._folders:
            return True
        self.close()
        if wanted and not self._open(wanted):
            self.close()
        return False

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has changed since the watch began. The first event ends the watch."""
        if not self._is_open:
            return False
        try:
            os.read(self._descriptor, 65536)
        except BlockingIOError:
            return True
        except OSError:
            pass
        self.close()
        return False

    def close(self) -> None:
        descriptor, self._descriptor, self._folders = self._descriptor, -1, frozenset()
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        self.close()

    @property
    def _is_open(self) -> bool:
        return self._descriptor >= 0 and self._pid == os.getpid()

    def _open(self, folders: frozenset[str]) -> bool:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            self._descriptor, self._pid = libc.inotify_init1(_FLAGS), os.getpid()
            added = [
                libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _CHANGES)
                for folder in folders
                if self._descriptor >= 0
            ]
        except (OSError, AttributeError):  # no inotify on this system
            return False
        self._folders = folders
        return len(added) == len(folders) and min(added) >= 0
