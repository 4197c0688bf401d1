"""Studios of earlier imports, by the keys of a file's rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.core.storage.database import db
from portal.directory.claims.models import Origin, StudioRestriction
from portal.directory.folding import fold, one_line
from portal.directory.imports.verdicts.checking import Checked
from portal.directory.models import StudioProfile
from portal.directory.visibility import number_in, slug_of
from portal.directory.words import normal

LONGEST = 280
PART = 400


@dataclass(frozen=True)
class Known:
    """`studio` is None where it was deleted. `is_deleted`: by staff, who can bring it back."""

    origin: Origin
    studio: StudioProfile | None
    is_deleted: bool

    @property
    def has_owner(self) -> bool:
        """Whether it belongs to anybody but the placeholder that its import made."""
        return self.studio is not None and self.studio.user_id != self.origin.user_id


def give_keys(rows: Iterable[Checked]) -> dict[int, int]:
    """Each row gets its key: its own, or one of name and city; that of a later row with the same
    one ends in a number. Returns the line of the first row, by that of each later one."""
    first: dict[str, int] = {}
    counts: dict[str, int] = {}
    later: dict[int, int] = {}
    for checked in rows:
        key = own = checked.key or _made_key(checked)
        if own in first:
            later[checked.line] = first[own]
        while key in first:
            counts[own] = counts.get(own, 1) + 1
            key = f"{own} #{counts[own]}"
        first[key] = checked.line
        checked.key = key
    return later


def _made_key(checked: Checked) -> str:
    name = normal(checked.name) or fold(one_line(checked.name))
    city = normal(str(checked.values.get("city") or ""))
    return f"{name} · {city}"[:LONGEST]


def known_by_key(keys: Iterable[str]) -> dict[str, Known]:
    return {each.origin.key: each for each in _known(Origin.key, list(keys))}


def known_by_number(numbers: Iterable[int]) -> dict[int, Known]:
    """Of these studios, those that were imported."""
    return {each.origin.studio_number: each for each in _known(Origin.studio_number, list(numbers))}


def _known(column: object, values: list[object] | list[str] | list[int]) -> Iterator[Known]:
    for at in range(0, len(values), PART):
        query = (
            select(Origin, StudioProfile, StudioRestriction)
            .outerjoin(StudioProfile, StudioProfile.id == Origin.studio_number)
            .outerjoin(StudioRestriction, StudioRestriction.user_id == StudioProfile.user_id)
            .where(column.in_(values[at : at + PART]))  # type: ignore[attr-defined]
            .options(selectinload(StudioProfile.types), selectinload(StudioProfile.services))
        )
        for origin, studio, restriction in db.session.execute(query):
            yield Known(origin, studio, bool(restriction and restriction.deleted_at))


def owned_by_address(keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Studios that were not imported: in an export their key is their address. Number and name."""
    numbers = {number: key for key in keys if (number := number_in(key)) is not None}
    found: dict[str, tuple[int, str]] = {}
    given = list(numbers)
    for at in range(0, len(given), PART):
        columns = select(StudioProfile.id, StudioProfile.name).outerjoin(
            Origin, Origin.studio_number == StudioProfile.id
        )
        part = columns.where(StudioProfile.id.in_(given[at : at + PART]), Origin.key.is_(None))
        for number, name in db.session.execute(part):
            if slug_of(name, number) == numbers[number]:
                found[numbers[number]] = number, one_line(name)
    return found
