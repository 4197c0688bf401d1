"""Atomic and durable changes of files."""

import os
import secrets
from pathlib import Path

from portal.core.errors import NotFound


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a restart after a crash, finds the old or the new content.

    Raises OSError. An existing link at that path is replaced, not followed.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        _write(temporary, content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _keep_names(path.parent)


def remove_durably(path: Path) -> None:
    """Remove a file, if it exists, and make the removal durable."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _keep_names(path.parent)


def path_inside(root: Path, name: str) -> Path:
    """The path of `name` below `root`. Raises NotFound if it is outside of `root`."""
    path = root / name
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise NotFound(f"There is no document named {name!r}.")
    return path


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _keep_names(folder: Path) -> None:
    """Sync the directory, which makes a rename in it durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
