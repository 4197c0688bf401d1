"""The templates' components under one name: `{{ ui.button("Close incident") }}`."""

import re
from functools import lru_cache
from typing import Any, cast

from flask import Flask
from jinja2 import BaseLoader, Environment

FOLDER = "components/"
SAME_AGAIN = {"icon", "badge"}
"""Of which pages show many: they look the same for the same words, and at nothing else."""
KEPT = 512


class Components:
    """Finds a macro by its name in the files of templates/components.

    A template module is loaded at its first use, when all globals are there (csrf_token is
    registered after this), and again when its file changes in development; elsewhere a macro is
    kept as it was found.
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


def init_components(app: Flask) -> None:
    app.jinja_env.globals["ui"] = Components(app.jinja_env)


def _homes(env: Environment) -> dict[str, str]:
    """Which file each public macro is in."""
    loader = cast(BaseLoader, env.loader)
    files = [name for name in env.list_templates() if name.startswith(FOLDER)]
    return {
        macro: file
        for file in files
        for macro in re.findall(r"{%-? macro ([a-z]\w*)\(", loader.get_source(env, file)[0])
    }
