"""What each process keeps of the index's sets, as they were at one version of them (`VERSION`).

Sets are never changed: whatever is made of them is new.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyroaring import BitMap

from portal.directory.kept.memory import Recent

Asked = Recent[Hashable, Any]


@dataclass(frozen=True)
class Kept:
    """`sets` are those that most pages ask for; `asked` is what else was asked for, in a limited
    number of bytes."""

    version: int = 0
    sets: Mapping[str, BitMap] = field(default_factory=dict)
    asked: Asked = field(default_factory=lambda: Recent(0))


_kept = [Kept()]
"""Of this process: at a million studios the common sets have some 6 MB."""


def kept() -> Kept:
    return _kept[0]


def keep(version: int, found: Mapping[str, BitMap]) -> None:
    """`found`: common sets at that version."""
    kept = _kept[0]
    if not version or not found or (version == kept.version and found.keys() <= kept.sets.keys()):
        return
    if version != kept.version:
        kept = Kept(version)
    _kept[0] = replace(kept, sets={**kept.sets, **found})


def kept_at(version: int, most_bytes: int) -> Kept:
    """What is kept at this version, from now on with so many bytes for what is not common; nothing
    if the version is 0."""
    kept = _kept[0]
    if not version:
        return Kept()
    if kept.version != version:
        kept = Kept(version)
    if kept.asked.most_bytes != most_bytes:
        kept = replace(kept, asked=Recent(most_bytes))
    _kept[0] = kept
    return kept
