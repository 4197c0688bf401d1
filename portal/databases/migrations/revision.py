"""One revision of an Alembic history, as its file describes it."""

import hashlib
import inspect
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from alembic.script import Script


@dataclass(frozen=True)
class Revision:
    """One revision: its id, title, phase (expand or contract) and file."""

    id: str
    title: str
    phase: str
    file: Path
    module: ModuleType

    @property
    def words(self) -> list[str]:
        """The paragraphs of its docstring, without the title and Alembic's own lines."""
        text = inspect.cleandoc(self.module.__doc__ or "")
        paragraphs = [" ".join(each.split()) for each in text.split("\n\n")]
        return [each for each in paragraphs[1:] if each and not each.startswith("Revision")]

    @property
    def contracts(self) -> bool:
        return self.phase == "contract"

    @property
    def is_reversible(self) -> bool:
        """Whether it has a downgrade; the rehearsal runs it."""
        return _has_way_back(self.module)

    @property
    def expand(self) -> str | None:
        """For a contract: the expand revision that prepared it, if the file names one."""
        return getattr(self.module, "expand", None) if self.contracts else None

    @property
    def sha256(self) -> str:
        """Of the file as it is on disk now."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()


@lru_cache(maxsize=256)
def _has_way_back(module: ModuleType) -> bool:
    """Of a module as it was read; a changed file is read as another module."""
    way_back = getattr(module, "downgrade", None)
    source = inspect.getsource(way_back) if way_back else "pass"
    return "NotImplementedError" not in source and not source.rstrip().endswith("pass")


def described(script: Script) -> Revision:
    return Revision(
        id=script.revision,
        title=script.doc,
        phase=str(getattr(script.module, "phase", "contract")),
        file=Path(script.path),
        module=script.module,
    )
