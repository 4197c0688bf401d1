"""What two copies of a database must have in common, on any engine."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

CHUNK = 1 << 20

Watch = Callable[[int, int], None]
"""Called with the pages done and the pages in total."""


Prepare = Callable[[URL], None]
"""Called with the address of a database that is about to replace the live one."""


@dataclass(frozen=True)
class Content:
    """What a database contains: rows by table, a digest by table, broken references."""

    counts: dict[str, int]
    digests: dict[str, str]
    broken_references: int = 0

    @property
    def digest(self) -> str:
        """One hash of every row of every table; independent of the physical order of pages."""
        lines = [
            f"{name}\0{self.counts[name]}\0{self.digests[name]}" for name in sorted(self.counts)
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def differs_in(self, other: "Content") -> list[str]:
        """The names of tables that are not the same in both."""
        names = sorted(self.counts.keys() | other.counts.keys())
        return [name for name in names if self._table(name) != other._table(name)]

    def _table(self, name: str) -> tuple[int | None, str | None]:
        return self.counts.get(name), self.digests.get(name)


def any_text(raw: bytes) -> str:
    """Decodes text that may not be UTF-8, as in old databases, without failing."""
    return raw.decode("utf-8", "surrogateescape")


def sha256_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
