r"""A text that was edited in a browser, in the notation of the file that it replaces.

A form sends `\n` alone, and no byte order mark. Lines that were not changed keep the ends that
they have in the file; a new line gets the most common one.
"""

import re
from collections import Counter

from portal.documents.publishing.comparison import blocks_of

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
MARK = "\ufeff"


def as_in_file(text: str, raw: bytes) -> str:
    """`text` has `\\n` line ends, one at its end. A file that is not UTF-8 has no notation."""
    try:
        old = raw.decode()
    except UnicodeDecodeError:
        return text
    mark, old = (MARK, old[1:]) if old.startswith(MARK) else ("", old)
    tail = old[len(old.rstrip("\r\n")) :]
    body = text.rstrip("\n").split("\n")
    lines = _LINE.findall(old[: len(old) - len(tail)])[:-1] if tail != old else []
    stays = bool(lines) and body[-1] == lines[-1][0]
    made = _joined(body, lines, tail) + (tail or ("" if stays else "\n"))
    is_same = _plain(made).rstrip("\n") == text.rstrip("\n")
    return mark + (made if is_same else text)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _joined(new: list[str], lines: list[tuple[str, str]], tail: str) -> str:
    old, ends = [words for words, _end in lines], [end for _words, end in lines]
    common = Counter([*ends, *re.findall(r"\r\n|\n|\r", tail)]).most_common(1)
    usual = common[0][0] if common and common[0][0] else "\n"
    found = [usual] * len(new)
    if set(ends) - {usual, ""}:
        for tag, i, i_end, j, j_end in blocks_of(old, new):
            if tag == "equal":
                found[j:j_end] = [end or usual for end in ends[i:i_end]]
    return "".join(word + end for word, end in zip(new, found, strict=True))[: -len(found[-1])]
