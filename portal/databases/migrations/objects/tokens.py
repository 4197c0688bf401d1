"""SQL as a list of words: enough to compare two definitions, and to find what a statement names.

Words keep their case and compare without it; a quoted name is always written in double quotes, and
a string keeps its single quotes. Comments and spacing are removed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    (?P<gap>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<string>[eExXbBnN]?'(?:[^']|'')*(?:'|\Z))
    |(?P<dollar>\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    |(?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`(?:[^`]|``)*(?:`|\Z)|\[[A-Za-z_][^\]\[,:()]*\])
    |(?P<number>\d[\w.]*)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<mark>\|\||::|<>|!=|<=|>=|==|->>|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r'[^\W\d][\w$]*|".*"', re.DOTALL)
MayBe = Callable[[str, str], bool]
"""Whether an earlier name may be this name now."""


def tokens(sql: str) -> list[str]:
    return list(_tokens(sql))


def _tokens(sql: str) -> Iterator[str]:
    for found in _TOKEN.finditer(sql):
        if found["gap"]:
            continue
        if quoted := found["quoted"]:
            mark = quoted[0].replace("[", "]")
            inner = quoted[1:-1].replace(mark * 2, mark)
            yield '"' + inner + '"'
        else:
            yield found[0]


def bare(token: str) -> str:
    """The name itself, in lower case."""
    return (token[1:-1] if token.startswith('"') else token).lower()


def shown(token: str) -> str:
    """The name for display."""
    return token[1:-1] if token.startswith('"') else token


def is_word(token: str, *words: str) -> bool:
    return token.upper() in words


def split(words: Sequence[str], mark: str = ",") -> list[list[str]]:
    """The parts between marks that are not in parentheses."""
    parts: list[list[str]] = [[]]
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if word == mark and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [part for part in parts if part]


def inside(words: Sequence[str], start: int) -> tuple[list[str], int]:
    """The content of the parentheses that open at `start`, and the position after them.

    Raises ValueError if none open or close.
    """
    if start >= len(words) or words[start] != "(":
        raise ValueError("no parentheses")
    depth = 0
    for place in range(start, len(words)):
        depth += (words[place] == "(") - (words[place] == ")")
        if depth == 0:
            return list(words[start + 1 : place]), place + 1
    raise ValueError("parentheses stay open")


def without_parentheses(words: Sequence[str]) -> list[str]:
    """The same without parentheses that enclose all of it."""
    found = list(words)
    while found and found[0] == "(":
        try:
            inner, end = inside(found, 0)
        except ValueError:
            break
        if end != len(found):
            break
        found = inner
    return found


def joined(words: Sequence[str]) -> str:
    """The words joined by a space where needed: for display, and for parsing again."""
    text = ""
    for word in words:
        tight = word in {")", ",", "."} or text.endswith(("(", "."))
        calls = word == "(" and bool(re.search(r"\w\Z", text)) and " " not in text[-2:]
        text += word if not text or tight or calls else f" {word}"
    return text


def same(was: str, now: str, may_be: MayBe) -> bool:
    """Whether both definitions are the same, except for names that may have been changed."""
    if was == now:
        return True
    one, other = _comparable(was), _comparable(now)
    place = 0
    for word in one:
        if place < len(other) and _same_word(word, other[place], may_be):
            place += 1
        else:
            return False
        if bare(other[place - 1]) != bare(word) and _is_kept_alias(word, other, place):
            place += 2
    return place == len(other)


def _is_kept_alias(word: str, now: Sequence[str], place: int) -> bool:
    """PostgreSQL writes a renamed column of a view as `new AS old`."""
    follows = now[place : place + 2]
    return len(follows) == 2 and is_word(follows[0], "AS") and bare(follows[1]) == bare(word)


@lru_cache(maxsize=1024)
def _comparable(definition: str) -> tuple[str, ...]:
    """Without casts, which a server rewrites if a type changes or a dump is restored.

    Cached, since each definition is compared with all others of its kind.
    """
    words, found = tokens(definition), []
    place = 0
    while place < len(words):
        if words[place] == "::":
            place = _behind_type(words, place + 1)
        else:
            found.append(words[place])
            place += 1
        if _encloses_one(found):
            found[-3:] = [found[-2]]
    return tuple(found)


def _encloses_one(words: list[str]) -> bool:
    """`(a)`, unless it is the argument of a function."""
    is_enclosed = len(words) > 2 and words[-3] == "(" and words[-1] == ")"
    is_call = len(words) > 3 and _NAME.fullmatch(words[-4]) is not None
    return is_enclosed and not is_call


def _behind_type(words: list[str], place: int) -> int:
    place += 1
    while place < len(words) and (
        words[place] == "." or is_word(words[place], "VARYING", "PRECISION")
    ):
        place += 2 if words[place] == "." else 1
    while words[place : place + 2] == ["[", "]"]:
        place += 2
    return place


def _same_word(was: str, now: str, may_be: MayBe) -> bool:
    if was == now:
        return True
    if not (_NAME.fullmatch(was) and _NAME.fullmatch(now)):
        return _same_string(was, now, may_be)
    return bare(was) == bare(now) or may_be(bare(was), bare(now))


def _same_string(was: str, now: str, may_be: MayBe) -> bool:
    """A string is a name in `nextval('studios_id_seq')`."""
    if not (was.startswith("'") and now.startswith("'")):
        return False
    one, other = (text.strip("'").replace('"', "").split(".") for text in (was, now))
    return len(one) == len(other) and all(
        first == second or may_be(first.lower(), second.lower())
        for first, second in zip(one, other, strict=True)
    )
