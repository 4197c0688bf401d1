"""Slugs for headings, made as GitHub makes them."""

import re

_MARKUP = [
    (re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^>]*>"), ""),
    (re.compile(r"(`+)(.+?)\1"), r"\2"),
    (re.compile(r"(?<!\\)(\*\*|__|~~)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w\\])([*_])(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
]


def plain_title(text: str) -> str:
    """The heading's text without emphasis, code and link markup; 500 characters at most."""
    text = text[:500]
    for pattern, kept in _MARKUP:
        text = pattern.sub(kept, text)
    return " ".join(text.split())


def slug_of(title: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", title.strip().lower())
    return kept.replace(" ", "-")


class Slugs:
    """Makes each slug unique: `restore`, `restore-1`, `restore-2`."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def name(self, title: str) -> str:
        base = slug_of(title) or "section"
        name = base
        while name in self._next:
            name = f"{base}-{self._next[base]}"
            self._next[base] += 1
        self._next[name] = 1
        return name
