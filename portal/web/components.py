"""The templates' components under one name: `{{ ui.button("Close incident") }}`."""

import re
from typing import Any, cast

from flask import Flask
from jinja2 import BaseLoader, Environment

FOLDER = "components/"


class Components:
    """Finds a macro by its name in the files of templates/components.

    A template module is loaded at its first use, when all globals are there (csrf_token is
    registered after this), and again when its file changes in development.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._homes: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if not self._homes:
            self._homes = _homes(self._env)
        return getattr(self._env.get_template(self._homes[name]).module, name)

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
