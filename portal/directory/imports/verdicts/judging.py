"""The dry run: what the import would do with each row of a file. It writes nothing to the
directory."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from portal.core.storage.database import db
from portal.directory.folding import one_line
from portal.directory.imports.columns import LATITUDE, STATUS
from portal.directory.imports.files import Upload
from portal.directory.imports.opening import rows_in
from portal.directory.imports.verdicts.checking import DRAFT, PUBLISHED, Checked, check, place_of
from portal.directory.imports.verdicts.doubles import (
    Double,
    doubles_in_directory,
    doubles_in_file,
)
from portal.directory.imports.verdicts.known import (
    Known,
    give_keys,
    known_by_key,
    known_by_number,
    owned_by_address,
)
from portal.directory.imports.writing import differing, fingerprint, lacks
from portal.directory.owners.similar import is_similar

PART = 400
SKIP, ADD, CHANGE = "skip", "import", "update"
Advance = Callable[[int, int, str], None]


class Standing(StrEnum):
    NEW = "new"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    OWNED = "owned"
    DELETED = "deleted"


@dataclass
class Verdict:
    """`number`: of a studio in the directory; `may`: what can be chosen for a doubtful row.
    `problems`: a column's place, or None, and a sentence."""

    line: int
    standing: Standing
    name: str
    number: int | None = None
    why: str = ""
    may: list[str] = field(default_factory=list)
    problems: list[tuple[int | None, str]] = field(default_factory=list)

    @classmethod
    def read(cls, kept: dict[str, Any]) -> "Verdict":
        return cls(**{**kept, "standing": Standing(kept["standing"])})

    def kept(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value or name == "name"}


def what_becomes(verdict: Verdict, choices: Mapping[str, str]) -> str:
    """Of its row: skipped, a new studio, or a change of the one that it is about."""
    if verdict.standing is Standing.NEW:
        return ADD
    if verdict.standing is Standing.UPDATE:
        return CHANGE
    choice = choices.get(str(verdict.line), SKIP)
    may = verdict.may if verdict.standing is Standing.DOUBTFUL else ()
    return choice if choice in may else SKIP


def checked_rows(upload: Upload, *, advance: Advance) -> tuple[list[Checked], dict[int, int]]:
    """All rows with their keys; and which line an equal key was on before."""
    rows, columns, found = rows_in(upload), upload.columns, []
    for done, row in enumerate(rows, start=1):
        found.append(_with_status(check(row, columns), upload))
        if done % PART == 0 or done == len(rows):
            advance(done, len(rows), "Rows read")
    return found, give_keys(each for each in found if not each.problems)


def _with_status(checked: Checked, upload: Upload) -> Checked:
    """What a new studio becomes: where the file does not say so, one that lacks what a published
    studio needs is a draft."""
    if checked.status is None and not checked.problems:
        wanted = upload.chosen.status
        checked.status = DRAFT if wanted == PUBLISHED and lacks(checked) else wanted
    return checked


def _of_lack(checked: Checked, upload: Upload) -> Verdict | None:
    """Of a new one that the file wants published, and that lacks what owners need for that."""
    missing = lacks(checked) if checked.status == PUBLISHED else []
    if not missing:
        return None
    said = f"A published studio needs {_listed(missing)}."
    problem = (place_of(STATUS, upload.columns), said)
    return Verdict(checked.line, Standing.BAD, checked.name, problems=[problem])


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def judge(upload: Upload, *, advance: Advance) -> list[Verdict]:
    """In the order of the file. Reads the directory; holds no transaction at the end."""
    rows, again = checked_rows(upload, advance=advance)
    found = {each.line: _bad(each) for each in rows if each.problems}
    good = [each for each in rows if not each.problems]
    found |= _by_key(good, upload)
    left = [each for each in good if each.line not in found]
    found |= _by_address(left)
    left = [each for each in left if each.line not in found]
    found |= _by_likeness(good, left, again, advance)
    return [found[each.line] for each in rows]


def _bad(checked: Checked) -> Verdict:
    problems = [(each.column, each.sentence) for each in checked.problems]
    return Verdict(checked.line, Standing.BAD, checked.name, problems=problems)


def _by_key(rows: list[Checked], upload: Upload) -> dict[int, Verdict]:
    found: dict[int, Verdict] = {}
    for at in range(0, len(rows), PART):
        part = rows[at : at + PART]
        known = known_by_key(each.key for each in part)
        for checked in part:
            if one := known.get(checked.key):
                found[checked.line] = _of_known(checked, one, upload)
        db.session.rollback()
    return found


def _of_known(checked: Checked, known: Known, upload: Upload) -> Verdict:
    standing, why = standing_of(checked, known, updates=upload.chosen.updates)
    may = [SKIP, CHANGE] if standing is Standing.DOUBTFUL else []
    number = known.studio.id if known.studio else None
    return Verdict(checked.line, standing, checked.name, number, why, may)


def standing_of(checked: Checked, known: Known, *, updates: bool) -> tuple[Standing, str]:
    """Of a row whose studio was imported before, and a sentence on it."""
    studio = known.studio
    if studio is None:
        return Standing.DELETED, "It was imported before, and deleted since by its owner."
    if known.has_owner:
        return Standing.OWNED, "It belongs to an owner."
    if known.is_deleted:
        return Standing.DELETED, "It was imported before, and deleted since by staff."
    if known.origin.fingerprint == fingerprint(checked):
        return Standing.UNCHANGED, ""
    _, after = differing(checked, studio, known.origin)
    if after and not is_similar(checked.name, studio.name):
        return Standing.DOUBTFUL, f"Its key is that of “{one_line(studio.name)}”"
    is_changed = bool(after) and updates
    return (Standing.UPDATE, _named(list(after))) if is_changed else (Standing.UNCHANGED, "")


def _named(names: list[str]) -> str:
    words = dict.fromkeys(_word(each) for each in names)
    return f"Changes {_listed(list(words))}."


def _word(name: str) -> str:
    if name in {LATITUDE, "longitude"}:
        return "coordinates"
    return name.removesuffix("_url").replace("_", " ")


def _by_address(rows: list[Checked]) -> dict[int, Verdict]:
    owned = owned_by_address(each.key for each in rows)
    db.session.rollback()
    return {
        each.line: Verdict(
            each.line, Standing.OWNED, each.name, owned[each.key][0], "It belongs to an owner."
        )
        for each in rows
        if each.key in owned
    }


def _by_likeness(
    good: list[Checked], left: list[Checked], again: dict[int, int], advance: Advance
) -> dict[int, Verdict]:
    in_file = doubles_in_file(good)
    there = doubles_in_directory(
        left, advance=lambda done, total: advance(done, total, "Compared with the directory")
    )
    known = known_by_number({each.number for each in there.values() if each.number is not None})
    free = {number for number, each in known.items() if not (each.has_owner or each.is_deleted)}
    db.session.rollback()
    names = {each.line: each.name for each in good}
    found: dict[int, Verdict] = {}
    for checked in left:
        double = there.get(checked.line) or in_file.get(checked.line)
        if double is None and checked.line in again:
            first = again[checked.line]
            double = Double("the same key", names[first], line=first)
        found[checked.line] = _of_double(checked, double, free)
    return found


def _of_double(checked: Checked, double: Double | None, free: set[int]) -> Verdict:
    line, name = checked.line, checked.name
    if double is None and checked.doubt is None:
        return Verdict(line, Standing.NEW, name)
    if double is None:
        return Verdict(line, Standing.DOUBTFUL, name, None, checked.doubt or "", [SKIP, ADD])
    where = f"Line {double.line}:" if double.line else "Already here?"
    why = f"{where} “{double.name}” has {double.why}"
    may = [SKIP, ADD, *([CHANGE] if double.number in free else [])]
    return Verdict(line, Standing.DOUBTFUL, name, double.number, why, may)
