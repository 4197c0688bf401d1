"""Unknown keys of front matter, and the known keys that may have been intended."""

from collections.abc import Collection, Iterator
from itertools import takewhile

from portal.documents.front_matter.positions import Place
from portal.incidents.parsing import cstate, facts, updates
from portal.incidents.report import Report

#: Keys about a report's audience, or that mark it as unfinished.
_READERS = ("audience", "clients", "draft", "published")
#: Valid words of their own that are one letter away from a key of ours.
_NO_SLIPS = frozenset({"updated", "dated", "ended", "ends", "starts", "aids", "tile"})
#: In shorter keys a slip can't be distinguished from another word: `uid` is not a misspelt `id`.
_SHORTEST = 4


def unknown_keys(report: Report) -> Iterator[tuple[Place, str, str]]:
    """Place, a name under which the same key is counted over all reports, and the sentence."""
    known = {*(cstate.KEYS if report.is_cstate else facts.KEYS), *_READERS}
    if not report.is_cstate:
        known |= facts.ALIASES.keys()
    doubted = {problem.place for problem in report.doubts}
    for key in report.document.meta:
        if key not in known and (key,) not in doubted:
            yield (key,), key, _unknown(key, known)
    for number, update in enumerate(listed_updates(report)):
        for key in map(str, update):
            if key not in updates.KEYS:
                yield ("updates", number, key), f"updates.{key}", _unknown(key, updates.KEYS)


def listed_updates(report: Report) -> list[dict[object, object]]:
    """The updates as written; an invalid one counts as empty."""
    given = report.document.meta.get("updates")
    if not isinstance(given, list):
        return []
    return [each if isinstance(each, dict) else {} for each in given]


def meant_key(key: str, known: Collection[str]) -> str | None:
    """The known key at an edit distance of one; a swap of two letters counts as one."""
    plain = _plain(key)
    if plain in _NO_SLIPS:
        return None
    near = (each for each in sorted(known) if _is_slip(plain, _plain(each)))
    return next(near, None)


def _unknown(key: str, known: Collection[str]) -> str:
    near = meant_key(key, known)
    return f"The key “{key[:100]}” is not known." + (f" Is “{near}” meant?" if near else "")


def _plain(key: str) -> str:
    return key.strip().lower().replace("_", "-").replace(" ", "-")


def _is_slip(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    rest, others = one[same:], other[same:]
    swapped = len(rest) > 1 and rest[1::-1] + rest[2:] == others
    return swapped or others in {rest[1:]} or others[1:] in {rest, rest[1:]}


def key_of(report: Report, name: str) -> str:
    """The key under which the file gives a time."""
    aliases = [name, *(alias for alias, ours in facts.ALIASES.items() if ours == name)]
    return next((key for key in aliases if report.document.meta.get(key) is not None), name)
