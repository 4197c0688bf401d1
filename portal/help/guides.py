"""The guides that are deployed with this release, and who may read them.

A name that is not in the list is never looked up in the file system.
"""

from dataclasses import dataclass
from pathlib import Path

from portal.accounts.models import STAFF, Role
from portal.core.errors import NotFound, StaffFault

FOLDER = Path(__file__).parents[2] / "docs"
LARGEST = 1024 * 1024
FOR_CLIENTS = frozenset({"clients"})
GROUPS = {
    "In an outage": ("bad-night", "incidents-live", "status"),
    "Every day": (
        *("control-room", "incidents", "emails", "runbooks", "monitoring", "notices"),
        *("clients", "directory", "importing", "owners", "permissions", "markdown", "glossary"),
    ),
    "For operators": ("operator", "going-live", "guard", "search"),
    "For developers": (
        *("architecture", "development", "proofs", "performance", "third-party"),
        "decisions/README",
    ),
}
MORE = "More"
"""The group of a guide that is in no other."""


@dataclass(frozen=True)
class Guide:
    """`name` is its address, and its file's path without the suffix."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """The first heading; the name of a file without one."""
        first = next((line for line in self.text.splitlines() if line.startswith("# ")), "")
        return first[2:].strip() or self.name


def names_for(role: Role, folder: Path = FOLDER) -> frozenset[str]:
    """The guides that this role may read: all for staff, the one for clients, none for others."""
    found = (path for pattern in ("*.md", "decisions/*.md") for path in folder.glob(pattern))
    names = frozenset(path.relative_to(folder).with_suffix("").as_posix() for path in found)
    if role in STAFF:
        return names
    return names & FOR_CLIENTS if role is Role.CLIENT else frozenset()


def guide_named(name: str, role: Role, folder: Path = FOLDER) -> Guide:
    """Raises NotFound, also for a guide that is not for this role."""
    if name not in names_for(role, folder):
        raise NotFound("There is no such guide.")
    try:
        with (folder / f"{name}.md").open(encoding="utf-8", errors="replace") as file:
            return Guide(name, file.read(LARGEST))
    except OSError as error:
        raise StaffFault(f"The guide can’t be read: {error.strerror}.") from error


def grouped(role: Role, folder: Path = FOLDER) -> dict[str, list[Guide]]:
    """The guides for the list. Decisions are in theirs; a file that can't be read is left out."""
    names = {name for name in names_for(role, folder) if not name.startswith("decisions/0")}
    known = {name for group in GROUPS.values() for name in group}
    wanted = GROUPS | {MORE: tuple(sorted(names - known))}
    found = {}
    for title, group in wanted.items():
        if guides := [each for name in group if name in names and (each := _read(name, folder))]:
            found[title] = guides
    return found


def _read(name: str, folder: Path) -> Guide | None:
    try:
        with (folder / f"{name}.md").open(encoding="utf-8", errors="replace") as file:
            return Guide(name, file.read(2000))
    except OSError:
        return None
