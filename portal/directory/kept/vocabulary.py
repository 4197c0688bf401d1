"""The words of the directory for the correction of a search, each asked for once."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from portal.directory.kept.memory import remembered
from portal.directory.spelling import Vocabulary
from portal.directory.spelling.vocabulary import Answers
from portal.directory.words.plurals import singular

CANDIDATE = 200
"""Bytes of a candidate in memory, with a margin."""


class RememberedVocabulary(Vocabulary):
    """Looks for each word once."""

    def look_up(
        self, words: Collection[str], beginnings: Collection[str], typed: Collection[str]
    ) -> None:
        if (known := remembered()) is None:
            super().look_up(words, beginnings, typed)
            return
        kept, answers = known.answers, self.answers
        singulars = {singular(word): word for word in words}
        found = {key: kept.get(key) for key in _looked_up(singulars, beginnings, typed)}
        new = {key for key, value in found.items() if value is None}
        if new:
            super().look_up(
                [word for each, word in singulars.items() if ("known", each) in new],
                [each for each in beginnings if ("begins", each) in new],
                [each for each in typed if ("near", each) in new],
            )
        for (kind, each), value in found.items():
            if value is not None:
                _answer(answers, kind, each, value[0])
        for kind, each in new:
            value, size = _answered(answers, kind, each)
            kept.put((kind, each), (value,), size)


def _looked_up(
    singulars: Iterable[str], beginnings: Iterable[str], typed: Iterable[str]
) -> Iterator[tuple[str, str]]:
    yield from (("known", each) for each in singulars)
    yield from (("begins", each) for each in beginnings)
    yield from (("near", each) for each in typed)


def _answer(answers: Answers, kind: str, each: str, value: Any) -> None:
    if kind == "begins":
        answers.beginnings[each] = value
    elif kind == "near":
        answers.candidates[each] = value
    else:
        answers.looked_for.add(each)
        if value is not None:
            answers.known[each] = value


def _answered(answers: Answers, kind: str, each: str) -> tuple[Any, int]:
    """The value, and about how many bytes it takes in memory."""
    if kind == "begins":
        return answers.beginnings[each], 0
    if kind == "near":
        return answers.candidates[each], CANDIDATE * len(answers.candidates[each])
    return answers.known.get(each), 0
