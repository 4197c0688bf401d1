"""Static files carry their content's hash in the address, so browsers may keep them for good."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

COMPONENTS = (
    "tokens",
    "layout",
    "button",
    "band",
    "navigation",
    "card",
    "table",
    "badge",
    "step",
    "timeline",
    "code",
    "field",
    "empty-state",
    "toast",
    "pagination",
    "progress",
    "run",
    "database",
    "operation",
    "document",
    "incident",
    "letter",
    "login",
    "log",
    "home",
    "message",
    "desk",
    "print",
)
SHEETS = ("vendor/pico/pico.min.css", *(f"css/{name}.css" for name in COMPONENTS))
SCRIPTS = ("vendor/htmx/htmx.min.js", "js/copy.js", "js/zone.js")
FOR_GOOD = "public, max-age=31536000, immutable"


def init_static(app: Flask) -> None:
    folder = Path(app.static_folder or "")

    @app.url_defaults
    def add_hash(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values:
            values["v"] = content_hash(folder / values["filename"])

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = FOR_GOOD
        return response


def content_hash(file: Path) -> str | None:
    try:
        return _hash(file, file.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=512)
def _hash(file: Path, _changed: int) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]
