"""The templates' components under one name: `{{ ui.button("Close incident") }}`."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, cast

from flask import Flask, request
from jinja2 import BaseLoader, Environment, Template
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

FOLDER = "components/"
SAME_AGAIN = {"icon", "badge", "theme_toggle"}
"""Macros that pages use often and whose output depends only on their arguments."""
KEPT = 512
KEPT_PARTS = 4096
"""A card is 1.5 kB; enough for each card of a directory with some thousand studios."""
PURE = {"ui", "url_for", "same_again"}
"""The names that the file of a macro called by `same_again` may use besides its arguments."""


_TAG = re.compile(r"""<(/?)(table|tr|td|th)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""", re.IGNORECASE)
_SPAN = re.compile(r"\b(?:col|row)span\s*=", re.IGNORECASE)
_OWN = re.compile(r"\bdata-label\s*=", re.IGNORECASE)


class Components:
    """Finds a macro by its name in the files of templates/components.

    A template module is loaded at its first use, when all globals exist (csrf_token is registered
    after this), and again when its file changes in development; otherwise macros are cached.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._homes: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not self._homes:
            self._homes = _homes(self._env)
        macro = getattr(self._env.get_template(self._homes[name]).module, name)
        if not self._env.auto_reload:
            macro = lru_cache(KEPT, typed=True)(macro) if name in SAME_AGAIN else macro
            setattr(self, name, macro)
        return macro

    def names(self) -> list[str]:
        return sorted(_homes(self._env))


class PageTemplate(Template):
    """A template that shares the globals of its application, so that a file of macros is one module
    for all templates. Otherwise Jinja compares the names of all globals at each import."""

    def _get_default_module(self, ctx: Context | None = None) -> Any:
        if self._module is None:
            self._module = self.make_module()
        return self._module


def init_components(app: Flask) -> None:
    app.jinja_env.template_class = PageTemplate
    app.jinja_env.globals["ui"] = Components(app.jinja_env)
    app.jinja_env.globals["same_again"] = same_again(app.jinja_env)
    app.jinja_env.globals["labelled"] = labelled


def labelled(rows: Markup, columns: Sequence[str | tuple[str, str]]) -> Markup:
    """A table's rows, each cell with the heading of its column, which a phone shows before it.

    A row that doesn't have one cell for each column is left as it is, and so is a nested table.
    """
    words = [escape(each if isinstance(each, str) else each[0]) for each in columns]
    cells: list[re.Match[str]] = []
    pieces: list[str] = []
    text, depth, at = str(rows), 0, 0

    def end_row() -> None:
        nonlocal at
        if len(cells) == len(words) and not any(_SPAN.search(cell[3]) for cell in cells):
            for cell, word in zip(cells, words, strict=True):
                if cell[2].lower() == "td" and not _OWN.search(cell[3]):
                    pieces.append(f'{text[at : cell.end() - 1]} data-label="{word}"')
                    at = cell.end() - 1
        cells.clear()

    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if name == "table":
            depth += -1 if tag[1] else 1
        elif depth == 0 and name == "tr":
            end_row()
        elif depth == 0 and not tag[1]:
            cells.append(tag)
    end_row()
    return Markup("".join(pieces) + text[at:])  # noqa: S704 — as it was, but for escaped labels


def same_again(env: Environment) -> Callable[..., Markup]:
    """`{{ same_again(studio_card, card) }}`: the cached output of another file's macro for the same
    arguments.

    For parts that many pages show: a studio in a list, its stars. Any different argument renders it
    again; the mount point of the site is part of the key, since addresses begin with it.
    """

    @lru_cache(KEPT_PARTS, typed=True)
    def kept(macro: Macro, _where: tuple[str, str], *words: Any, **named: Any) -> Markup:
        return Markup(macro(*words, **named))  # noqa: S704 — a macro escapes what it is given

    def made(macro: Macro, *words: Any, **named: Any) -> Markup:
        if env.auto_reload:
            return Markup(macro(*words, **named))  # noqa: S704 — as above
        asked = request._get_current_object()  # type: ignore[attr-defined]  # once, not twice
        return kept(macro, (asked.script_root, asked.method), *words, **named)

    return made


def _homes(env: Environment) -> dict[str, str]:
    """The file of each public macro."""
    loader = cast(BaseLoader, env.loader)
    files = [name for name in env.list_templates() if name.startswith(FOLDER)]
    return {
        macro: file
        for file in files
        for macro in re.findall(r"{%-? macro ([a-z]\w*)\(", loader.get_source(env, file)[0])
    }
