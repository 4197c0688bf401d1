"""Scans a folder for Markdown files and their stamps in one walk."""

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

#: Inode, change time (ctime), modification time (mtime), size.
Stamp = tuple[int, int, int, int]
_log = logging.getLogger(__name__)


@dataclass
class ScannedFolder:
    """`files` are the stamps of regular files by slug; `links` are slugs of links, which may point
    anywhere; `folders` are the paths of all folders listed; with `has_twins` a file has more
    than one hard link and may change without an event.
    """

    files: dict[str, Stamp] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    has_twins: bool = False

    def in_order(self) -> list[str]:
        """The slugs ordered by path, with a folder's own files among its subfolders."""
        return sorted([*self.files, *self.links], key=lambda slug: f"{slug}.md".split("/"))


def stamp_of(stat: os.stat_result) -> Stamp:
    return stat.st_ino, stat.st_ctime_ns, stat.st_mtime_ns, stat.st_size


def scan_folder(root: Path, *, leave_out: Collection[str] = ()) -> ScannedFolder:
    """Hidden files and folders are skipped, and so are the root's folders in `leave_out`.

    Links to folders are not followed. A folder that can't be listed counts as empty and is logged.
    """
    found, folders = ScannedFolder(), [(str(root), "")]
    while folders:
        folder, prefix = folders.pop()
        found.folders.append(folder)
        try:
            inside = _scan(folder, prefix, found)
        except FileNotFoundError:
            continue
        except OSError as error:
            _log.warning("The folder %s can't be listed: %s", folder, error.strerror)
            continue
        folders += [each for each in inside if prefix or each[1][:-1] not in leave_out]
    return found


def _scan(folder: str, prefix: str, found: ScannedFolder) -> list[tuple[str, str]]:
    """Record the files; return the subfolders with their slug prefixes."""
    inside = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == "." or not (name.isascii() or is_text(name)):
                continue
            is_ours = name[-3:] == ".md"
            if is_ours and entry.is_file(follow_symlinks=False):
                try:
                    stat = entry.stat(follow_symlinks=False)
                except OSError:  # removed meanwhile
                    continue
                found.files[prefix + name[:-3]] = stamp_of(stat)
                found.has_twins |= stat.st_nlink > 1
            elif is_ours and entry.is_symlink():
                found.links.append(prefix + name[:-3])
            elif entry.is_dir(follow_symlinks=False):
                inside.append((entry.path, f"{prefix}{name}/"))
    return inside


def is_text(name: str) -> bool:
    """Whether a file name can be shown: names may contain bytes that are not valid text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
