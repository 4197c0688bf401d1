"""Files of documents: durable removal, and names that stay in their folder."""

from pathlib import Path

from portal.core.errors import NotFound
from portal.core.files.private import keep_names


def remove_durably(path: Path) -> None:
    """Remove a file, if it exists, and make the removal durable."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        keep_names(path.parent)


def path_inside(root: Path, name: str) -> Path:
    """The path of `name` below `root`. Raises NotFound if it is outside of `root`."""
    path = root / name
    if not path.parent.resolve().is_relative_to(root.resolve()):
        raise NotFound(f"There is no document named {name!r}.")
    return path
