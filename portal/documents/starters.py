"""Texts to begin with: Markdown files of the package, in which `{today}` is the day."""

from dataclasses import dataclass
from pathlib import Path

from portal.core.clock import now
from portal.core.errors import NotFound
from portal.documents.folder import DocumentFolder


@dataclass(frozen=True)
class Starter:
    name: str
    label: str


def starters_in(root: Path) -> list[Starter]:
    return [Starter(name, _label(name)) for name in DocumentFolder(root).everything()]


def starter_text(root: Path, name: str) -> str:
    """Raises NotFound."""
    path = DocumentFolder(root).path_of(name)
    if path is None:
        raise NotFound("There is no such text to start from.")
    return path.read_text(encoding="utf-8").replace("{today}", now().date().isoformat())


def _label(name: str) -> str:
    """`1-degraded-service` is “Degraded service”: the figure says its place in the list."""
    return name.lstrip("0123456789-").replace("-", " ").capitalize()
